using System.Text.Json.Serialization;

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

/// <summary>What a client wants changed. Extend-only: journals keep these for as long as their operations are remembered.</summary>
/// <param name="Volume">The volume that is made or changed.</param>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "kind")]
[JsonDerivedType(typeof(CreateVolume), OperationKinds.CreateVolume)]
[JsonDerivedType(typeof(DeleteVolume), OperationKinds.DeleteVolume)]
[JsonDerivedType(typeof(ResizeVolume), OperationKinds.ResizeVolume)]
[JsonDerivedType(typeof(CopyVolume), OperationKinds.CopyVolume)]
public abstract record VolumeCommand(VolumeId Volume) : IWithVolumeId
{
    /// <summary>The kind's stable name, as in <c>volume.copy</c>.</summary>
    [JsonIgnore]
    public abstract string Kind { get; }

    /// <summary>The volume that is read and must not change meanwhile, if any.</summary>
    [JsonIgnore]
    public virtual VolumeId? SourceVolume => null;
}

/// <summary>Makes an empty volume.</summary>
/// <param name="Volume">Its name.</param>
/// <param name="SizeBytes">Its size in bytes.</param>
public sealed record CreateVolume(VolumeId Volume, long SizeBytes) : VolumeCommand(Volume)
{
    /// <inheritdoc/>
    [JsonIgnore]
    public override string Kind => OperationKinds.CreateVolume;
}

/// <summary>Removes a volume and its data.</summary>
/// <param name="Volume">Its name.</param>
public sealed record DeleteVolume(VolumeId Volume) : VolumeCommand(Volume)
{
    /// <inheritdoc/>
    [JsonIgnore]
    public override string Kind => OperationKinds.DeleteVolume;
}

/// <summary>Sets a volume's size.</summary>
/// <param name="Volume">Its name.</param>
/// <param name="SizeBytes">The new size in bytes.</param>
/// <param name="AllowShrink">Whether the new size may be smaller than the present one; data beyond it are lost.</param>
public sealed record ResizeVolume(VolumeId Volume, long SizeBytes, bool AllowShrink) : VolumeCommand(Volume)
{
    /// <inheritdoc/>
    [JsonIgnore]
    public override string Kind => OperationKinds.ResizeVolume;
}

/// <summary>Makes a volume with all the data of another.</summary>
/// <param name="Volume">The new volume's name.</param>
/// <param name="Source">The volume to copy.</param>
public sealed record CopyVolume(VolumeId Volume, VolumeId Source) : VolumeCommand(Volume)
{
    /// <inheritdoc/>
    [JsonIgnore]
    public override string Kind => OperationKinds.CopyVolume;

    /// <inheritdoc/>
    [JsonIgnore]
    public override VolumeId? SourceVolume => Source;
}

/// <summary>The stable names of the kinds of operations.</summary>
public static class OperationKinds
{
    /// <summary><see cref="Messages.CreateVolume"/>.</summary>
    public const string CreateVolume = "volume.create";

    /// <summary><see cref="Messages.DeleteVolume"/>.</summary>
    public const string DeleteVolume = "volume.delete";

    /// <summary><see cref="Messages.ResizeVolume"/>.</summary>
    public const string ResizeVolume = "volume.resize";

    /// <summary><see cref="Messages.CopyVolume"/>.</summary>
    public const string CopyVolume = "volume.copy";
}
