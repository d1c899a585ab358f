namespace Mooring.Messages;

/// <summary>A message for one volume; routes to the node that keeps it.</summary>
public interface IWithVolumeId
{
    /// <summary>The volume.</summary>
    VolumeId Volume { get; }
}

/// <summary>A request with the client's id for it.</summary>
public interface IWithRequestId
{
    /// <summary>The client's id.</summary>
    RequestId RequestId { get; }
}

/// <summary>
/// What a client wants changed. Extend-only: journals keep these for as long as their operations are remembered. Each kind is described, with its
/// command, in a file of <c>Mooring.Operations</c>.
/// </summary>
/// <param name="Volume">The volume that is made or changed.</param>
public abstract record VolumeCommand(VolumeId Volume) : IWithVolumeId
{
    /// <summary>The volume that is read and must not change meanwhile, if any.</summary>
    public virtual VolumeId? SourceVolume => null;
}
