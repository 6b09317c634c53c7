/** @odoo-module **/ export const till = { version: 2 };
