using System.Collections.Immutable;
using System.Text.Json.Serialization;
using Mooring.Messages;

namespace Mooring.Actors.Files;

/// <summary>
/// The rules of one file system: which node is the one writer of an area, which are its readers, and what becomes of them when a node fails.
/// Membership, clients' reports and self-tests all end in <see cref="Decide"/> (F9-F11). Pure: no clock, no I/O.
/// </summary>
/// <param name="Plan">What was asked for; null while there is no such file system.</param>
/// <param name="Phase">How far it is.</param>
/// <param name="Areas">Its areas, by their numbers.</param>
/// <param name="NextBase">The epoch that the areas of the next file system of this name begin with: epochs never come again, so that nothing that was
/// told of an earlier one, and no token for it, can be taken for this one's.</param>
public sealed record NameNodeState(FileSystemPlanned? Plan, FileSystemPhase Phase, ImmutableSortedDictionary<int, AreaState> Areas, Epoch NextBase)
{
    /// <summary>A name that nothing has happened to.</summary>
    public static NameNodeState Empty { get; } = new(null, FileSystemPhase.None, ImmutableSortedDictionary<int, AreaState>.Empty, default);

    /// <summary>Why a file system cannot be made now, or null.</summary>
    /// <param name="request">The request.</param>
    /// <param name="usableNodes">How many data nodes there are.</param>
    /// <returns>The refusal, or null.</returns>
    public OperationError? Forbids(CreateFileSystem request, int usableNodes)
    {
        if (Phase != FileSystemPhase.None)
            return new OperationError(ErrorKind.AlreadyExists, $"file system {request.FileSystem} exists already", 17);
        if (new VolumeId(request.Pool, "", "x").Validate() is { } pool)
            return new OperationError(ErrorKind.InvalidArgument, pool);
        if (request.SizeBytes < FileSystemLimits.SizeBytesMin || request.SizeBytes > FileSystemLimits.SizeBytesMax)
        {
            return new OperationError(
                ErrorKind.InvalidArgument, $"a size of {request.SizeBytes} bytes is not between {FileSystemLimits.SizeBytesMin} and {FileSystemLimits.SizeBytesMax}");
        }
        if (request.AreaPaths.Count is 0 or > FileSystemLimits.AreasMax)
            return new OperationError(ErrorKind.InvalidArgument, $"{request.AreaPaths.Count} areas are not between 1 and {FileSystemLimits.AreasMax}");
        if (request.AreaPaths[0] != FilePath.Root || request.AreaPaths.Distinct(StringComparer.Ordinal).Count() != request.AreaPaths.Count)
            return new OperationError(ErrorKind.InvalidArgument, "the first area's path is not /, or two areas have the same path");
        foreach (var path in request.AreaPaths)
        {
            if (!FilePath.TryNormalize(path, out var normal, out var problem) || normal != path)
                return new OperationError(ErrorKind.InvalidArgument, $"'{path}' is not the path of an area: {problem ?? $"write it as {normal}"}");
        }
        if (request.Readers < 0)
            return new OperationError(ErrorKind.InvalidArgument, "the number of readers is negative");
        var needed = request.AllAtOnce ? request.Readers : 0;
        return needed + 1 > usableNodes
            ? new OperationError(ErrorKind.Unavailable, $"a writer and {needed} readers need {needed + 1} data nodes; there are {usableNodes}")
            : null;
    }

    /// <summary>The area that a path lies in: the one that is mounted deepest above it.</summary>
    /// <param name="path">The path, normalized.</param>
    /// <returns>The area, or null while there is none.</returns>
    public AreaState? AreaOf(string path) => Areas.Values.Where(a => FilePath.IsWithin(path, a.Path)).MaxBy(a => a.Path.Length);

    /// <summary>The next step that an area needs, given how its nodes are: one event, or null when all is as it should be.</summary>
    /// <param name="number">The area's number.</param>
    /// <param name="seen">How the nodes are.</param>
    /// <param name="now">The time now.</param>
    /// <returns>The event to persist, or null.</returns>
    public INameNodeEvent? Decide(int number, AreaObservation seen, DateTimeOffset now)
    {
        if (Phase != FileSystemPhase.Made || !Areas.TryGetValue(number, out var area))
            return null;
        return (INameNodeEvent?)DecideWriter(area, seen, now) ?? (INameNodeEvent?)DecideDismissal(area, seen, now) ?? DecideReader(area, seen, now);
    }

    /// <summary>The state after an event.</summary>
    /// <param name="happened">The event.</param>
    /// <returns>The new state.</returns>
    public NameNodeState Apply(INameNodeEvent happened) => happened switch
    {
        FileSystemPlanned planned => new NameNodeState(
            planned, FileSystemPhase.Planned, planned.Areas.ToImmutableSortedDictionary(a => a.Number, a => AreaState.New(a, NextBase)), NextBase),
        FileSystemMade => this with { Phase = FileSystemPhase.Made },
        FileSystemRemovalBegun => this with { Phase = FileSystemPhase.Removing },
        FileSystemAbandoned or FileSystemRemoved => Empty with { NextBase = Areas.Values.Select(a => a.Epoch).Append(NextBase).MaxBy(e => e.Value).Next },
        WriterAppointed appointed => With(appointed.Area, area => area with
        {
            Epoch = appointed.Epoch,
            Writer = appointed.Writer,
            Connection = appointed.Connection,
            Admitted = false,
            ToFence = area.Connection is { } before && before != appointed.Connection ? area.ToFence.Remove(before).Add(before) : area.ToFence,
            Readers = area.Readers.Remove(appointed.Writer),
        }),
        WriterAdmitted admitted => With(admitted.Area, area => area.Epoch == admitted.Epoch ? area with { Admitted = true, ToFence = [] } : area),
        ReaderAppointed appointed => With(appointed.Area, area => area with { Readers = area.Readers.Remove(appointed.Reader).Add(appointed.Reader) }),
        ReaderDismissed dismissed => With(dismissed.Area, area => area with { Readers = area.Readers.Remove(dismissed.Reader) }),
        _ => this,
    };

    private NameNodeState With(int number, Func<AreaState, AreaState> change) =>
        Areas.TryGetValue(number, out var area) ? this with { Areas = Areas.SetItem(number, change(area)) } : this;

    // First update: the writer is gone, has failed, or lost the connection that it was appointed with.
    private static WriterAppointed? DecideWriter(AreaState area, AreaObservation seen, DateTimeOffset now)
    {
        if (area.Writer is { } writer)
        {
            if (seen.FailureOf(writer) is not { } failure)
            {
                var mine = seen.ConnectionOf(writer);
                if (mine is null || mine == area.Connection)
                    return null;
                return new WriterAppointed(area.Number, area.Epoch.Next, writer, mine.Value, $"{writer} has a new connection to the block store", now);
            }
            var successor = Successor(area, seen, except: writer);
            return successor is { } next ? new WriterAppointed(area.Number, area.Epoch.Next, next.Node, next.Connection, $"{writer} failed: {failure}", now) : null;
        }
        // A new set waits until all its members are there, so that the choice is a choice.
        if (area.Readers.Any(r => seen.FailureOf(r) is null && seen.ConnectionOf(r) is null))
            return null;
        return Successor(area, seen, except: null) is { } first
            ? new WriterAppointed(area.Number, area.Epoch.Next, first.Node, first.Connection, "first writer", now)
            : null;
    }

    // Second update, first half. A reader that failed leaves the set, so that the writer waits for it no more.
    private static ReaderDismissed? DecideDismissal(AreaState area, AreaObservation seen, DateTimeOffset now)
    {
        foreach (var reader in area.Readers)
        {
            if (seen.FailureOf(reader) is { } failure)
                return new ReaderDismissed(area.Number, reader, failure, now);
        }
        return null;
    }

    // Second update, second half: a node from outside the set takes the place.
    private ReaderAppointed? DecideReader(AreaState area, AreaObservation seen, DateTimeOffset now)
    {
        var wanted = Plan!.Readers + (area.Writer is null ? 1 : 0);
        // A failed writer without a successor counts for nothing: somebody from outside must be able to follow it.
        if (area.Writer is { } writer && seen.FailureOf(writer) is not null)
            wanted++;
        if (area.Readers.Count >= wanted)
            return null;
        var outside = seen.Usable.Where(n => n != area.Writer && !area.Readers.Contains(n)).ToList();
        return outside.Count == 0
            ? null
            : new ReaderAppointed(area.Number, outside[Spread(area.Number, outside.Count)], area.Epoch == area.BaseEpoch ? "first set" : "a reader was missing", now);
    }

    private static (NodeName Node, FenceAddress Connection)? Successor(AreaState area, AreaObservation seen, NodeName? except)
    {
        var candidates = area.Readers
            .Where(r => r != except && seen.FailureOf(r) is null && seen.ConnectionOf(r) is not null)
            .Select(r => (Node: r, Connection: seen.ConnectionOf(r)!.Value))
            .ToList();
        if (candidates.Count == 0)
            return null;
        // One death is not to take the writer and the name node that replaces it.
        var apart = candidates.Where(c => c.Node != seen.NameNode).ToList();
        return apart.Count > 0 ? apart[Spread(area.Number, apart.Count)] : candidates[0];
    }

    private static int Spread(int number, int count) => number % count;
}

/// <summary>How far a file system is.</summary>
public enum FileSystemPhase
{
    /// <summary>There is none.</summary>
    None = 0,

    /// <summary>Its images are being made.</summary>
    Planned = 1,

    /// <summary>It is in use.</summary>
    Made = 2,

    /// <summary>Its images are being removed.</summary>
    Removing = 3,
}

/// <summary>An area as its name node sees it.</summary>
/// <param name="Number">Its number.</param>
/// <param name="Path">The directory that it is mounted at.</param>
/// <param name="Image">Its image.</param>
/// <param name="BaseEpoch">The epoch that it began with.</param>
/// <param name="Epoch">The epoch of the latest writer; the base epoch before the first.</param>
/// <param name="Writer">The latest writer.</param>
/// <param name="Connection">The connection that it was appointed with.</param>
/// <param name="Admitted">Whether it may write.</param>
/// <param name="ToFence">Connections of earlier writers that are not known to be shut out.</param>
/// <param name="Readers">The readers.</param>
public sealed record AreaState(
    int Number,
    string Path,
    VolumeId Image,
    Epoch BaseEpoch,
    Epoch Epoch,
    NodeName? Writer,
    FenceAddress? Connection,
    bool Admitted,
    ImmutableList<FenceAddress> ToFence,
    ImmutableList<NodeName> Readers)
{
    /// <summary>All nodes of the set, the writer first.</summary>
    [JsonIgnore]
    public IEnumerable<NodeName> Members => Writer is { } writer ? Readers.Prepend(writer) : Readers;

    /// <summary>An area before its first writer.</summary>
    /// <param name="planned">The plan.</param>
    /// <param name="baseEpoch">The epoch that it begins with.</param>
    /// <returns>The area.</returns>
    public static AreaState New(PlannedArea planned, Epoch baseEpoch) =>
        new(planned.Number, planned.Path, planned.Image, baseEpoch, baseEpoch, null, null, false, [], []);
}

/// <summary>How the data nodes are, as seen from one area.</summary>
/// <param name="NameNode">The node that the name node runs on.</param>
/// <param name="Usable">The data nodes that are in service, in order of their names.</param>
/// <param name="Failures">Who has failed, and why.</param>
/// <param name="Connections">The nodes' connections to the block store for this area.</param>
public sealed record AreaObservation(
    NodeName NameNode,
    IReadOnlyList<NodeName> Usable,
    IReadOnlyDictionary<NodeName, string> Failures,
    IReadOnlyDictionary<NodeName, FenceAddress> Connections)
{
    /// <summary>Why a node counts as failed, or null.</summary>
    /// <param name="node">The node.</param>
    /// <returns>One line, or null.</returns>
    public string? FailureOf(NodeName node) => Failures.GetValueOrDefault(node);

    /// <summary>A node's connection for this area, if it has told it.</summary>
    /// <param name="node">The node.</param>
    /// <returns>The connection, or null.</returns>
    public FenceAddress? ConnectionOf(NodeName node) => Connections.TryGetValue(node, out var connection) ? connection : null;
}
