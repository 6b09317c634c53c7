/** @odoo-module **/ export const checkout = { version: 1 };
