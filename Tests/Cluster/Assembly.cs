// Clusters of real processes wait more than they work.
[assembly: CollectionBehavior(MaxParallelThreads = 2)]
