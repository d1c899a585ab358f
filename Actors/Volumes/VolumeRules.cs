using Mooring.Messages;

namespace Mooring.Actors.Volumes;

/// <summary>What may be asked of a volume, as tables. Pure.</summary>
public static class VolumeRules
{
    /// <summary>The largest volume, in bytes: what RBD can address with its default object size (2^42 objects would be more; the
    /// limit of a kernel block device is lower).</summary>
    public const long SizeBytesMax = 1L << 50;

    private const int ENoent = 2, EExist = 17, EInval = 22;

    /// <summary>What is wrong with a command by itself; checked before it is accepted.</summary>
    /// <param name="command">The command.</param>
    /// <returns>The error, or null.</returns>
    public static OperationError? Invalid(VolumeCommand command)
    {
        if (command.Volume.Validate() is { } name)
            return Wrong(name);
        if (command.SourceVolume is { } source)
        {
            if (source.Validate() is { } sourceName)
                return Wrong(sourceName);
            if (source == command.Volume)
                return Wrong($"{source} cannot be copied to itself");
        }
        return command switch
        {
            CreateVolume c => InvalidSize(c.SizeBytes),
            ResizeVolume r => InvalidSize(r.SizeBytes),
            _ => null,
        };
    }

    /// <summary>What the store's present state forbids, before the first attempt.</summary>
    /// <param name="command">The command.</param>
    /// <param name="seen">What the store shows.</param>
    /// <returns>The error, or null when it may begin.</returns>
    public static OperationError? Forbids(VolumeCommand command, VolumeObservation seen) => command switch
    {
        CreateVolume or CopyVolume when seen.ImageId is not null => Exists(command.Volume),
        CopyVolume copy when seen.SourceImageId is null => Missing(copy.Source),
        DeleteVolume or ResizeVolume when seen.ImageId is null => Missing(command.Volume),
        ResizeVolume { AllowShrink: false } r when r.SizeBytes < seen.SizeBytes => Wrong(
            $"{r.Volume} is {seen.SizeBytes} bytes large; making it smaller ({r.SizeBytes} bytes) loses data and must be allowed explicitly"),
        _ => null,
    };

    /// <summary>The error for a volume that there is not.</summary>
    /// <param name="volume">Its name.</param>
    /// <returns>The error.</returns>
    public static OperationError Missing(VolumeId volume) => new(ErrorKind.NotFound, $"volume {volume} does not exist", ENoent);

    /// <summary>The error for a name that is taken.</summary>
    /// <param name="volume">The name.</param>
    /// <returns>The error.</returns>
    public static OperationError Exists(VolumeId volume) => new(ErrorKind.AlreadyExists, $"volume {volume} exists already", EExist);

    private static OperationError? InvalidSize(long sizeBytes) => sizeBytes switch
    {
        <= 0 => Wrong($"size must be above 0, not {sizeBytes}"),
        > SizeBytesMax => Wrong($"size must be at most {SizeBytesMax} bytes, not {sizeBytes}"),
        _ => null,
    };

    private static OperationError Wrong(string detail) => new(ErrorKind.InvalidArgument, detail, EInval);
}
