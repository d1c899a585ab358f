using System.Text.RegularExpressions;
using Mooring.Messages;

namespace Mooring.Actors.Requests;

/// <summary>An image as a check sees it.</summary>
/// <param name="Volume">Its name.</param>
/// <param name="Damage">What is damaged, in one line; null when it is whole.</param>
public readonly record struct CheckedImage(VolumeId Volume, string? Damage);

/// <summary>Which images of the store are not as they should be. Pure.</summary>
public static partial class StoreCheck
{
    /// <summary>Judges images.</summary>
    /// <param name="images">The images, seen before what follows was.</param>
    /// <param name="unsettled">Every operation that may still have work under way or to clean up.</param>
    /// <param name="fileSystems">The file systems there are.</param>
    /// <returns>What is not as it should be, by image.</returns>
    public static IEnumerable<(VolumeId Volume, CheckFinding Finding)> Judge(
        IEnumerable<CheckedImage> images, IReadOnlySet<OperationId> unsettled, IReadOnlySet<string> fileSystems) =>
        from image in images
        let finding = Judge(image, unsettled, fileSystems)
        where finding is not null
        select (image.Volume, finding);

    /// <summary>Judges an image whose removal has begun and is not over.</summary>
    /// <param name="volume">The name that it had.</param>
    /// <param name="open">Every operation that may still have work under way or to clean up.</param>
    /// <returns>What is wrong; null when an operation may be removing it.</returns>
    public static CheckFinding? JudgeRemoval(VolumeId volume, UnsettledOperations open) =>
        open.Volumes.Contains(volume) || (WorkName().Match(volume.Image) is { Success: true } work && open.Operations.Contains(new OperationId(work.Groups[1].Value)))
            ? null
            : new CheckFinding("half-removed", volume.ToString(), "its removal has begun and is not over, and no operation goes on with it", CanRepair: true, Repaired: false);

    private static CheckFinding? Judge(CheckedImage image, IReadOnlySet<OperationId> unsettled, IReadOnlySet<string> fileSystems)
    {
        var name = image.Volume.ToString();
        CheckFinding Found(string kind, string detail, bool canRepair = false) => new(kind, name, detail, canRepair, Repaired: false);
        if (!image.Volume.Image.StartsWith(VolumeId.ReservedPrefix, StringComparison.Ordinal))
            return image.Damage is { } damage ? Found("damaged", damage) : null;
        if (WorkName().Match(image.Volume.Image) is { Success: true } work)
        {
            var operation = new OperationId(work.Groups[1].Value);
            return unsettled.Contains(operation) ? null : Found("stray", $"left by an attempt of {operation}, which is over", canRepair: true);
        }
        if (AreaName().Match(image.Volume.Image) is { Success: true } area)
        {
            var fileSystem = area.Groups[1].Value;
            return fileSystems.Contains(fileSystem) ? null : Found("unowned", $"an area of the file system {fileSystem}, which is in no list");
        }
        return Found("unknown", $"its name begins with {VolumeId.ReservedPrefix}, and it is nothing that Mooring makes");
    }

    // As AttemptContext.WorkName makes them.
    [GeneratedRegex(@"^\.mooring\.(op-[0-9a-f]{24})\.[0-9]+$")]
    private static partial Regex WorkName();

    // As AreaId.Image makes them.
    [GeneratedRegex(@"^\.mooring\.fs\.(.+)\.[0-9]+$")]
    private static partial Regex AreaName();
}
