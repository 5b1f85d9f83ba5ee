"""What brings customers and keeps them. So far: where they came from."""
