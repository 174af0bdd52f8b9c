"""Publishing while everything around it breaks: a proxy that injects faults, and a publisher that gets killed."""
