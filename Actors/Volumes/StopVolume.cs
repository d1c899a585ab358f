namespace Mooring.Actors.Volumes;

/// <summary>Asks a volume to stop, for its shard to move: it finishes what it does first.</summary>
public sealed record StopVolume;
