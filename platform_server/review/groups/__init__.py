"""Groups: learners together with those who review what they make."""
