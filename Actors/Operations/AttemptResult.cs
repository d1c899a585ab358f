using Mooring.Messages;

namespace Mooring.Operations;

/// <summary>What an operation did: the volume afterwards, or why not, and whether images are left to be removed.</summary>
/// <param name="Volume">The volume afterwards, if there is one.</param>
/// <param name="Error">Why it failed; null when it took effect.</param>
/// <param name="Leftovers">Whether work of this or earlier attempts is still to be removed.</param>
public sealed record AttemptResult(VolumeInfo? Volume, OperationError? Error = null, bool Leftovers = false);
