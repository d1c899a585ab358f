using System.CommandLine;
using System.Text.Json.Serialization;
using Mooring.Messages;
using Mooring.Operations;
using Mooring.Storage;
using Mooring.Storage.Files;

namespace Mooring.Cli;

/// <summary>
/// <c>mooring fs check</c>: reads the images of a file system straight from the block store, without any node of Mooring, and changes nothing. For when
/// nothing else runs; the format is described in docs/file-format.md.
/// </summary>
internal static class FileSystemCheck
{
    private const int FindingsShownMax = 20;

    public static Command Command()
    {
        var name = new Argument<string>("name") { Description = "The file system's name." };
        var pool = new Option<string>("--pool") { Description = "The pool of its images.", DefaultValueFactory = _ => VolumeId.DefaultPool };
        var where = new StoreOptions();
        var quick = new Option<bool>("--metadata-only") { Description = "Do not read the files' bytes." };
        return Commands.Alone("check", "Check a file system on its images, without any service; nobody should write it meanwhile.", [name], [pool, .. where.All, quick], async (parsed, output) =>
        {
            if (!FileSystemName.TryParse(parsed.GetValue(name), out var fileSystem, out var problem))
                throw new UsageException(problem);
            return await where.UseAsync(parsed, "check", async store =>
            {
                var shape = await CheckAsync(store, fileSystem, parsed.GetValue(pool)!, new AreaCheckOptions { VerifyContent = !parsed.GetValue(quick) });
                output.Value(shape, CheckJson.Default.CheckShape, Print);
                return shape.Clean ? ExitStatus.Done : ExitStatus.Failed;
            });
        });
    }

    /// <summary>Checks every area of a file system.</summary>
    /// <param name="store">Where its images are.</param>
    /// <param name="fileSystem">The file system.</param>
    /// <param name="pool">The pool of its images.</param>
    /// <param name="options">What to look at.</param>
    /// <returns>What was seen.</returns>
    /// <exception cref="BlockStoreException"><see cref="ErrorKind.NotFound"/> when there is none of its images; or the store cannot be read.</exception>
    internal static async Task<CheckShape> CheckAsync(IImageOpening store, FileSystemName fileSystem, string pool, AreaCheckOptions options)
    {
        var areas = new List<CheckedAreaShape>();
        var missing = new List<CheckedAreaShape>();
        for (var number = 0; number < FileSystemLimits.AreasMax; number++)
        {
            var image = new AreaId(fileSystem, number).Image(pool);
            if (await CheckAreaAsync(store, image, number, options) is not { } seen)
            {
                missing.Add(new CheckedAreaShape(number, image.ToString(), null, 0, 0, 0, 0, 0, 0, false, [new FindingShape(true, "image", "it is not there, and one of a higher number is")]));
                continue;
            }
            // Numbers have no gaps.
            areas.AddRange(missing);
            missing.Clear();
            areas.Add(seen);
        }
        return areas.Count > 0
            ? new CheckShape(fileSystem.Value, areas.TrueForAll(a => a.Findings.All(f => !f.Damage)), areas)
            : throw new BlockStoreException(ErrorKind.NotFound, $"there is no image of a file system {fileSystem} in pool {pool}", 2);
    }

    private static async Task<CheckedAreaShape?> CheckAreaAsync(IImageOpening store, VolumeId volume, int number, AreaCheckOptions options)
    {
        IOpenImage image;
        try
        {
            image = await store.OpenAsync(volume, readOnly: true, CancellationToken.None);
        }
        catch (BlockStoreException e) when (e.Kind == ErrorKind.NotFound)
        {
            return null;
        }
        await using (image)
        {
            var report = await AreaCheck.RunAsync(image, options, CancellationToken.None);
            // What a writer changes under the checker's hands looks like damage.
            var again = report.IsClean ? report : await AreaCheck.RunAsync(image, options, CancellationToken.None);
            return new CheckedAreaShape(
                number, volume.ToString(), again.AreaId, again.Position.Epoch.Value, again.Files, again.Directories, again.ContentBytes, again.UsedBytes, again.CapacityBytes,
                again.Position != report.Position, [.. again.Findings.Select(f => new FindingShape(f.IsDamage, f.Where, f.Detail))]);
        }
    }

    private static void Print(CheckShape shape)
    {
        Output.Table(
            ["area", "image", "epoch", "files", "directories", "bytes", "used", "findings"],
            shape.Areas.Select(a => (IReadOnlyList<string>)[
                $"{a.Number}", a.Image, $"{a.Epoch}", $"{a.Files}", $"{a.Directories}", SizeText.Format(a.ContentBytes), $"{SizeText.Format(a.UsedBytes)} of {SizeText.Format(a.CapacityBytes)}", $"{a.Findings.Count}"]));
        foreach (var area in shape.Areas)
        {
            foreach (var finding in area.Findings.Take(FindingsShownMax))
                Console.WriteLine($"area {area.Number}: {(finding.Damage ? "DAMAGED" : "heals by itself")}: {finding.Where}: {finding.Detail}");
            if (area.Findings.Count > FindingsShownMax)
                Console.WriteLine($"area {area.Number}: and {area.Findings.Count - FindingsShownMax} more; --json shows all");
            if (area.BeingWritten)
                Console.WriteLine($"area {area.Number}: it is being written, so this may mean nothing: check it when its nodes are stopped");
        }
        Console.WriteLine(shape.Clean ? $"{shape.Name} is clean" : $"{shape.Name} is NOT clean");
    }
}

/// <summary>What a check saw of a file system.</summary>
internal sealed record CheckShape(string Name, bool Clean, IReadOnlyList<CheckedAreaShape> Areas);

/// <summary>What a check saw of an area.</summary>
internal sealed record CheckedAreaShape(
    int Number, string Image, Guid? AreaId, long Epoch, long Files, long Directories, long ContentBytes, long UsedBytes, long CapacityBytes, bool BeingWritten,
    IReadOnlyList<FindingShape> Findings);

/// <summary>Something that is not as it should be; what is no damage heals by itself.</summary>
internal sealed record FindingShape(bool Damage, string Where, string Detail);

[JsonSerializable(typeof(CheckShape))]
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
internal sealed partial class CheckJson : JsonSerializerContext;
