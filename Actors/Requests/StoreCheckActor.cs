using Akka.Actor;
using Mooring.Actors.Files;
using Mooring.Messages;
using Mooring.Storage;

namespace Mooring.Actors.Requests;

/// <summary>Answers one <see cref="CheckStore"/> and ends: looks at the images first and asks the book afterwards, so that no operation is missed.</summary>
public sealed class StoreCheckActor : ReceiveActor
{
    private readonly IBlockStore _store;

    /// <summary>Makes the actor.</summary>
    /// <param name="store">The owner's connection, which outlives it.</param>
    /// <param name="book">The owner's book of requests.</param>
    public StoreCheckActor(IBlockStore store, ICanTell book)
    {
        _store = store;
        Receive<CheckStore>(request =>
        {
            var asker = Sender;
            LookAsync(request).PipeTo(Self, success: seen => seen, failure: e => new Failed(e));
            Become(() =>
            {
                Receive<Seen>(seen =>
                {
                    book.Tell(GetUnsettled.Instance, Self);
                    Become(() =>
                    {
                        Receive<UnsettledOperations>(open => SettleAsync(request, seen, open).PipeTo(Self, success: found => found, failure: e => new Failed(e)));
                        Ends(asker);
                    });
                });
                Ends(asker);
            });
        });
    }

    /// <summary>How to make one.</summary>
    /// <param name="store">The owner's connection, which outlives it.</param>
    /// <param name="book">The owner's book of requests.</param>
    /// <returns>The recipe.</returns>
    public static Props Props(IBlockStore store, ICanTell book) => Akka.Actor.Props.Create(() => new StoreCheckActor(store, book));

    private void Ends(IActorRef asker)
    {
        Receive<StoreChecked>(done => End(asker, done));
        Receive<Failed>(failed => End(asker, new QueryFailed(failed.Cause.GetBaseException() is BlockStoreException store
            ? store.Error
            : new OperationError(ErrorKind.Internal, failed.Cause.GetBaseException().Message))));
    }

    private void End(IActorRef asker, object answer)
    {
        asker.Tell(answer);
        Context.Stop(Self);
    }

    private async Task<Seen> LookAsync(CheckStore request)
    {
        var after = request.After?.Split('/', 3) is [var p, var n, var i] ? new VolumeId(p, n, i) : (VolumeId?)null;
        var limit = Math.Clamp(request.Limit, 1, 1000);
        var (images, removing) = (new List<CheckedImage>(), new List<(VolumeId, ImageId)>());
        await foreach (var (pool, ns) in PlacesAsync())
        {
            if (after is { } last && (string.CompareOrdinal(pool, last.Pool) is var order and not 0 ? order : string.CompareOrdinal(ns, last.Namespace)) < 0)
                continue;
            var from = after is { } begin && begin.Pool == pool && begin.Namespace == ns ? begin.Image : null;
            if (from is null)
                removing.AddRange(await RemovingAsync(pool, ns));
            var listed = await _store.ListImagesAsync(pool, ns, from, limit - images.Count, default);
            images.AddRange(listed.Select(image => new CheckedImage(new VolumeId(pool, ns, image.Name), image.Damage)));
            if (images.Count >= limit)
                return new Seen(images, removing, $"{pool}/{ns}/{listed[^1].Name}");
        }
        return new Seen(images, removing, null);
    }

    // By the names that they had.
    private async Task<List<(VolumeId, ImageId)>> RemovingAsync(string pool, string ns)
    {
        var found = new List<(VolumeId, ImageId)>();
        await foreach (var image in _store.AllTrashAsync(pool, ns, default))
        {
            if (image.Removing)
                found.Add((new VolumeId(pool, ns, image.Name), image.Id));
        }
        return found;
    }

    // In the order of their names, a pool's default namespace first.
    private async IAsyncEnumerable<(string Pool, string Namespace)> PlacesAsync()
    {
        const int PageMax = 1000;
        foreach (var pool in await _store.ListPoolsAsync(default))
        {
            if (!await MayEnterAsync(pool))
                continue;
            yield return (pool, "");
            for (string? after = null; ;)
            {
                var page = await _store.ListNamespacesAsync(pool, after, PageMax, default);
                foreach (var ns in page)
                    yield return (pool, ns);
                if (page.Count < PageMax)
                    break;
                after = page[^1];
            }
        }
    }

    // No operation has left anything in a pool that the nodes' key does not open.
    private async Task<bool> MayEnterAsync(string pool)
    {
        try
        {
            await _store.ListNamespacesAsync(pool, null, 1, default);
            return true;
        }
        catch (BlockStoreException e) when (e.Kind == ErrorKind.PermissionDenied)
        {
            return false;
        }
    }

    // What has gone meanwhile was cleaned up by its operation.
    private async Task<StoreChecked> SettleAsync(CheckStore request, Seen seen, UnsettledOperations open)
    {
        var findings = new List<CheckFinding>();
        foreach (var (volume, id) in seen.Removing)
        {
            if (StoreCheck.JudgeRemoval(volume, open) is not { } finding || await _store.FindInTrashAsync(volume.Pool, volume.Namespace, id, default) is null
                || await _store.FindAsync(volume, default) == id)
            {
                // It is over by now, or has not got so far that the name is gone.
                continue;
            }
            if (request.Repair)
                await _store.RemoveFromTrashAsync(volume.Pool, volume.Namespace, id, force: true, null, default);
            findings.Add(finding with { Repaired = request.Repair });
        }
        var fileSystems = (await FileRecords.ListAsync(_store, default)).Select(f => f.Name.Value).ToHashSet();
        foreach (var (volume, finding) in StoreCheck.Judge(seen.Images, open.Operations, fileSystems))
        {
            if (finding.CanRepair && await _store.FindAsync(volume, default) is null)
                continue;
            if (request.Repair && finding.CanRepair)
                await _store.RemoveAsync(volume, null, default);
            findings.Add(finding with { Repaired = request.Repair && finding.CanRepair });
        }
        return new StoreChecked(seen.Images.Count, findings, seen.Next);
    }

    private sealed record Seen(IReadOnlyList<CheckedImage> Images, IReadOnlyList<(VolumeId Volume, ImageId Id)> Removing, string? Next) : INoSerializationVerificationNeeded;

    private sealed record Failed(Exception Cause) : INoSerializationVerificationNeeded;
}

/// <summary>Asks the book which operations may still have work under way or to clean up; answered with <see cref="UnsettledOperations"/>.</summary>
internal sealed record GetUnsettled : INoSerializationVerificationNeeded
{
    public static GetUnsettled Instance { get; } = new();
}

/// <summary>These operations may.</summary>
/// <param name="Operations">The operations.</param>
/// <param name="Volumes">Their volumes.</param>
public sealed record UnsettledOperations(IReadOnlySet<OperationId> Operations, IReadOnlySet<VolumeId> Volumes) : INoSerializationVerificationNeeded;
