"""What the baselines on tree inventories need more than once: taxa, diversity, structure, risk of loss."""
