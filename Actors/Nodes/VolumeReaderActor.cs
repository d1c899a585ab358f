using Akka.Actor;
using Mooring.Messages;
using Mooring.Operations;
using Mooring.Storage;

namespace Mooring.Actors.Nodes;

/// <summary>
/// Answers questions about volumes straight from the block store, on a connection of its own, any number at once up to its slots. Reads
/// pass by the volumes' journals: what the store shows is the truth.
/// </summary>
public sealed class VolumeReaderActor : ReceiveActor, IWithStash
{
    private readonly MooringServices _services;
    private readonly CancellationTokenSource _stopped = new();
    private IBlockStore? _store;

    /// <summary>Makes the actor.</summary>
    /// <param name="services">The node's services.</param>
    public VolumeReaderActor(MooringServices services)
    {
        _services = services;
        Disconnected();
    }

    /// <inheritdoc/>
    public IStash Stash { get; set; } = null!;

    /// <summary>How to make one.</summary>
    /// <param name="services">The node's services.</param>
    /// <returns>The recipe.</returns>
    public static Props Props(MooringServices services) => Akka.Actor.Props.Create(() => new VolumeReaderActor(services));

    /// <inheritdoc/>
    protected override void PostStop()
    {
        _stopped.Cancel();
        _stopped.Dispose();
        _ = _store?.DisposeAsync().AsTask();
    }

    private void Disconnected() => Receive<IVolumeQuery>(_ =>
    {
        Stash.Stash();
        Become(Connecting);
        _services.Store.ConnectAsync("reader", _services.Settings.ReaderSlots, _stopped.Token).PipeTo(
            Self, success: store => new Connected(store), failure: e => new ConnectFailed(Error(e)));
    });

    private void Connecting()
    {
        Receive<Connected>(connected =>
        {
            _store = connected.Store;
            Become(Reading);
            Stash.UnstashAll();
        });
        Receive<ConnectFailed>(failed =>
        {
            Become(() =>
            {
                Receive<IVolumeQuery>(_ => Sender.Tell(new QueryFailed(failed.Error)));
                Receive<Forget>(_ => Become(Disconnected));
            });
            Stash.UnstashAll();
            Self.Tell(new Forget());
        });
        Receive<IVolumeQuery>(_ => Stash.Stash());
    }

    private void Reading()
    {
        Receive<GetVolume>(query => Answer(ReadAsync(_store!, query)));
        Receive<GetSnapshots>(query => Answer(ReadAsync(_store!, query)));
        Receive<GetVolumes>(query => Answer(ReadAsync(_store!, query)));
        Receive<Broken>(broken =>
        {
            if (!ReferenceEquals(broken.Store, _store))
                return;
            _ = _store.DisposeAsync().AsTask();
            _store = null;
            Become(Disconnected);
        });
    }

    private void Answer(Task<object> answer)
    {
        var (self, store) = (Self, _store!);
        answer.PipeTo(Sender, Self, success: result => result, failure: e =>
        {
            var error = Error(e);
            if (error.Kind is ErrorKind.Fenced or ErrorKind.TimedOut or ErrorKind.Unavailable)
                self.Tell(new Broken(store));
            return new QueryFailed(error);
        });
    }

    private async Task<object> ReadAsync(IBlockStore store, GetVolume query)
    {
        var image = store.GetAsync(query.Volume, _stopped.Token);
        var metadata = store.GetMetadataAsync(query.Volume, _stopped.Token);
        var snapshots = store.GetSnapshotsAsync(query.Volume, _stopped.Token);
        var children = store.GetChildrenAsync(query.Volume, _stopped.Token);
        await Task.WhenAll(image, metadata, snapshots, children);
        return new VolumeFound(ImageDescription.Of(await image, await metadata) with
        {
            Snapshots = ImageDescription.Of(await snapshots),
            Children = [.. (await children).Where(c => !c.Image.StartsWith(VolumeId.ReservedPrefix, StringComparison.Ordinal)).Select(c => c.ToString())],
        });
    }

    private async Task<object> ReadAsync(IBlockStore store, GetSnapshots query) =>
        new SnapshotsListed([.. (await store.GetSnapshotsAsync(query.Volume, _stopped.Token)).Items.Select(ImageDescription.Of)]);

    private async Task<object> ReadAsync(IBlockStore store, GetVolumes query)
    {
        var limit = Math.Clamp(query.Limit, 1, 1000);
        var size = Math.Min(limit + 1, 1000);
        var (names, after, more) = (new List<string>(), query.After, true);
        while (names.Count <= limit && more)
        {
            var page = await store.ListAsync(query.Pool, query.Namespace, after, size, _stopped.Token);
            names.AddRange(page.Where(name => !name.StartsWith(VolumeId.ReservedPrefix, StringComparison.Ordinal)));
            more = page.Count == size;
            after = page.Count > 0 ? page[^1] : after;
        }
        var next = names.Count > limit ? names[limit - 1] : null;
        var found = await Task.WhenAll(names.Take(limit).Select(name => DescribeAsync(store, new VolumeId(query.Pool, query.Namespace, name))));
        return new VolumesListed([.. found.OfType<VolumeInfo>()], next);
    }

    // An image that goes away between being listed and being looked at is not in the list.
    private async Task<VolumeInfo?> DescribeAsync(IBlockStore store, VolumeId volume) =>
        await store.TryGetAsync(volume, _stopped.Token) is { } image ? ImageDescription.Of(image) : null;

    private static OperationError Error(Exception e) => e.GetBaseException() is BlockStoreException store
        ? store.Error
        : new OperationError(ErrorKind.Internal, e.GetBaseException().Message);

    private sealed record Connected(IBlockStore Store) : INoSerializationVerificationNeeded;

    private sealed record ConnectFailed(OperationError Error) : INoSerializationVerificationNeeded;

    private sealed record Broken(IBlockStore Store) : INoSerializationVerificationNeeded;

    private sealed record Forget : INoSerializationVerificationNeeded;
}
