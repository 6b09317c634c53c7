/** @odoo-module **/ console.log("web client");
