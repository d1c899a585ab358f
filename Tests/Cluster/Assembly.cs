// Clusters of real processes share two cores and some ports: one test at a time.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
