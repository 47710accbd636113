"""What several tests share: inputs, drawn months, tables, the reference implementation."""
