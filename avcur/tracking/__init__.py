"""Weights & Biases: what runs are called there, and which tables, charts and artifacts they leave."""
