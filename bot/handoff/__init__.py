"""A person takes over: leads, who gets them, and the live chat between customer and account manager."""
