"""What a person is handed or sent: invoices, receipts and statements, a page each."""
