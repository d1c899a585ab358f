using Mooring.Messages;

namespace Mooring.Storage.Files;

/// <summary>What the checker looks at.</summary>
public sealed record AreaCheckOptions
{
    /// <summary>Whether all content is read and its checksums verified.</summary>
    public bool VerifyContent { get; init; } = true;

    /// <summary>After so many findings it ends.</summary>
    public int FindingsMax { get; init; } = 1000;

    /// <summary>How many bytes of content are read at once.</summary>
    public int ReadBytesMax { get; init; } = 4 << 20;
}

/// <summary>Something that is not as it should be.</summary>
/// <param name="IsDamage">Whether something is lost or wrong; else it heals by itself, as the torn copy of a superblock does.</param>
/// <param name="Where">The part of the area or the path.</param>
/// <param name="Detail">One line for a person.</param>
public sealed record AreaFinding(bool IsDamage, string Where, string Detail);

/// <summary>What the checker saw.</summary>
/// <param name="AreaId">The area; null when there is none.</param>
/// <param name="Position">How far its changes have come.</param>
/// <param name="Files">How many files it has.</param>
/// <param name="Directories">How many directories, the root included.</param>
/// <param name="ContentBytes">The sizes of all files together.</param>
/// <param name="UsedBytes">The space that their content takes.</param>
/// <param name="CapacityBytes">The space that there is for content.</param>
/// <param name="Findings">What is not as it should be.</param>
public sealed record AreaCheckReport(
    Guid? AreaId, AreaPosition Position, long Files, long Directories, long ContentBytes, long UsedBytes, long CapacityBytes, IReadOnlyList<AreaFinding> Findings)
{
    /// <summary>Whether nothing is lost or wrong.</summary>
    public bool IsClean => Findings.All(finding => !finding.IsDamage);
}

/// <summary>Checks an area on its image, without any service and without changing anything. Nobody should write it meanwhile.</summary>
public static class AreaCheck
{
    /// <summary>Checks superblocks, checkpoint, log, the places of all content, and its checksums.</summary>
    /// <param name="image">The image; read-only is enough.</param>
    /// <param name="options">What to look at; null for the default.</param>
    /// <param name="cancellationToken">Ends it early.</param>
    /// <returns>What was seen.</returns>
    /// <exception cref="BlockStoreException">The image cannot be read.</exception>
    public static async Task<AreaCheckReport> RunAsync(IOpenImage image, AreaCheckOptions? options, CancellationToken cancellationToken)
    {
        options ??= new AreaCheckOptions();
        var findings = new List<AreaFinding>();
        if (await CheckSuperblockAsync(image, findings, cancellationToken).ConfigureAwait(false) is not { } superblock)
            return new AreaCheckReport(null, default, 0, 0, 0, 0, 0, findings);
        var tree = AreaTree.Empty(new LogPoint(default, 0, 0, 0), superblock.Layout);
        try
        {
            tree = await AreaImage.ReadCheckpointAsync(image, superblock, cancellationToken).ConfigureAwait(false);
            tree = await AreaImage.ReplayAsync(image, superblock, tree, cancellationToken).ConfigureAwait(false);
        }
        catch (MalformedException e)
        {
            findings.Add(new AreaFinding(true, tree.Point.Next == 0 ? "checkpoint" : "log", e.Message));
        }
        CheckSums(tree, superblock.Layout, findings);
        CheckPlaces(tree, findings, options.FindingsMax);
        if (options.VerifyContent)
            await CheckContentAsync(image, superblock.Layout, tree, options, findings, cancellationToken).ConfigureAwait(false);
        var files = tree.Nodes.OfType<FileNode>().ToList();
        return new AreaCheckReport(
            superblock.AreaId, tree.Position, files.Count, tree.EntryCount - files.Count, files.Sum(file => file.SizeBytes), tree.UsedBytes,
            superblock.Layout.DataBytes, findings);
    }

    private static async Task<Superblock?> CheckSuperblockAsync(IOpenImage image, List<AreaFinding> findings, CancellationToken cancellationToken)
    {
        Superblock superblock;
        try
        {
            superblock = await AreaImage.ReadSuperblockAsync(image, cancellationToken).ConfigureAwait(false);
        }
        catch (BlockStoreException e) when (e.Kind == ErrorKind.Unsupported)
        {
            findings.Add(new AreaFinding(true, "superblock", e.Message));
            return null;
        }
        foreach (var offset in AreaLayout.SuperblockCopies)
        {
            var bytes = new byte[Superblock.SizeBytes];
            await image.ReadAsync(offset, bytes, cancellationToken).ConfigureAwait(false);
            try
            {
                var copy = AreaImage.DecodeCopy(image, bytes);
                if (copy.Generation != superblock.Generation)
                    findings.Add(new AreaFinding(false, "superblock", $"the copy at {offset} is of generation {copy.Generation} and the other of {superblock.Generation}"));
            }
            catch (MalformedException e)
            {
                findings.Add(new AreaFinding(false, "superblock", $"the copy at {offset} cannot be used: {e.Message}"));
            }
        }
        return superblock;
    }

    private static void CheckSums(AreaTree tree, AreaLayout layout, List<AreaFinding> findings)
    {
        var again = AreaTree.Restore(System.Collections.Immutable.ImmutableDictionary.CreateRange(tree.Nodes.Select(node => KeyValuePair.Create(node.Id, node))), tree.NextId, tree.Point, tree.Answers);
        if (again.FileCount != tree.FileCount || again.CheckpointBytes != tree.CheckpointBytes || again.UsedBlocks != tree.UsedBlocks)
        {
            findings.Add(new AreaFinding(
                true,
                "log",
                $"its changes add up to {tree.FileCount} files, {tree.UsedBlocks} blocks and {tree.CheckpointBytes} bytes of metadata; there are {again.FileCount}, {again.UsedBlocks} and {again.CheckpointBytes}"));
        }
        var bytes = tree.CheckpointBytes + ((long)tree.Answers.Count * RequestAnswer.CheckpointBytes);
        if (bytes > layout.CheckpointBytes)
            findings.Add(new AreaFinding(true, "metadata", $"{bytes} bytes of metadata do not fit into a checkpoint of {layout.CheckpointBytes}"));
    }

    /// <summary>No block belongs to two files, and what pieces of one file share is one page.</summary>
    private static void CheckPlaces(AreaTree tree, List<AreaFinding> findings, int findingsMax)
    {
        var runs = tree.Nodes.OfType<FileNode>().SelectMany(file => file.AllBlocks().Select(run => (Run: run, File: file))).OrderBy(item => item.Run.Start).ToList();
        for (var i = 1; i < runs.Count && findings.Count < findingsMax; i++)
        {
            if (runs[i].Run.Start < runs[i - 1].Run.End)
            {
                findings.Add(new AreaFinding(
                    true, tree.PathOf(runs[i].File), $"block {runs[i].Run.Start} belongs to {AreaErrors.Shown(tree.PathOf(runs[i - 1].File))} too"));
            }
        }
        foreach (var file in tree.Nodes.OfType<FileNode>())
        {
            var pages = new Dictionary<long, uint>();
            foreach (var extent in file.Extents.Where(extent => !extent.IsWhole))
            {
                for (var i = 0; i < extent.Crcs.Length && findings.Count < findingsMax; i++)
                {
                    if (!pages.TryAdd(extent.ImageOffset + ((long)i * AreaLayout.PageBytes), extent.Crcs[i]) && pages[extent.ImageOffset + ((long)i * AreaLayout.PageBytes)] != extent.Crcs[i])
                        findings.Add(new AreaFinding(true, tree.PathOf(file), $"the page at {extent.ImageOffset} has two checksums"));
                }
            }
        }
    }

    private static async Task CheckContentAsync(
        IOpenImage image, AreaLayout layout, AreaTree tree, AreaCheckOptions options, List<AreaFinding> findings, CancellationToken cancellationToken)
    {
        var buffer = new byte[options.ReadBytesMax];
        foreach (var file in tree.Nodes.OfType<FileNode>().OrderBy(file => file.Id))
        {
            // Holes have no bytes; a file may be far larger than the image.
            foreach (var extent in file.Extents)
            {
                for (var offset = extent.FileOffset; offset < extent.FileEnd; offset += buffer.Length)
                {
                    if (findings.Count >= options.FindingsMax)
                        return;
                    var part = buffer.AsMemory(0, (int)Math.Min(buffer.Length, extent.FileEnd - offset));
                    if (await AreaContent.ReadAsync(image, layout, tree, file, offset, part, cancellationToken).ConfigureAwait(false) < 0)
                        findings.Add(new AreaFinding(true, tree.PathOf(file), $"the checksum between {offset} and {offset + part.Length} does not fit"));
                }
            }
        }
    }
}
