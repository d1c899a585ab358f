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
    private const int FewImages = 16;

    private readonly MooringServices _services;
    private readonly CancellationTokenSource _stopped = new();
    private Link? _link;
    private Task<IBlockStore>? _connecting;

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
        _ = Ending.CloseAsync(_link?.Store, _connecting, store => store);
    }

    private void Disconnected()
    {
        Receive<ReadEnded>(OnReadEnded);
        Receive<IVolumeQuery>(_ =>
        {
            Stash.Stash();
            Become(Connecting);
            _connecting = _services.Store.ConnectAsync("reader", _services.Settings.ReaderSlots, _stopped.Token);
            _connecting.PipeTo(
                Self, success: store => new Connected(store), failure: e => new ConnectFailed(Error(e)));
        });
    }

    private void Connecting()
    {
        Receive<ReadEnded>(OnReadEnded);
        Receive<Connected>(connected =>
        {
            _link = new Link(connected.Store);
            Become(Reading);
            Stash.UnstashAll();
        });
        Receive<ConnectFailed>(failed =>
        {
            Become(() =>
            {
                Receive<ReadEnded>(OnReadEnded);
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
        Receive<ReadEnded>(OnReadEnded);
        Receive<GetVolume>(query => Answer(store => ReadAsync(store, query)));
        Receive<GetVolumes>(query => Answer(store => ReadAsync(store, query)));
        Receive<GetRows>(query => Answer(store => ReadAsync(store, query)));
    }

    private void Answer(Func<IBlockStore, Task<object>> read)
    {
        var (self, link) = (Self, _link!);
        link.ReadCount++;
        read(link.Store).PipeTo(
            Sender,
            Self,
            success: result =>
            {
                self.Tell(new ReadEnded(link, Breaks: false));
                return result;
            },
            failure: e =>
            {
                var error = Error(e);
                self.Tell(new ReadEnded(link, error.Kind is ErrorKind.Fenced or ErrorKind.TimedOut or ErrorKind.Unavailable));
                return new QueryFailed(error);
            });
    }

    // What else is read over a connection that did not answer goes on: it may be about images that do. The connection ends after the last of it.
    private void OnReadEnded(ReadEnded ended)
    {
        var link = ended.Link;
        link.ReadCount--;
        if (ended.Breaks && link == _link)
        {
            _link = null;
            Become(Disconnected);
        }
        if (link != _link && link.ReadCount == 0)
            _ = link.Store.DisposeAsync().AsTask();
    }

    private async Task<object> ReadAsync(IBlockStore store, GetVolume query)
    {
        try
        {
            return new VolumeFound(ImageDescription.Of(await store.DescribeAsync(query.Volume, _stopped.Token)));
        }
        catch (BlockStoreException e) when (e.Kind == ErrorKind.NotFound)
        {
            return await store.ExamineAsync(query.Volume, _stopped.Token) is { } damage && await store.FindAsync(query.Volume, _stopped.Token) is { } id
                ? new VolumeFound(ImageDescription.Damaged(query.Volume, id, damage))
                : new QueryFailed(OperationErrors.Missing(query.Volume));
        }
    }

    private async Task<object> ReadAsync(IBlockStore store, GetVolumes query)
    {
        var limit = Math.Clamp(query.Limit, 1, 1000);
        var (images, after, more) = (new List<ListedImage>(), query.After, true);
        while (limit + 1 - images.Count(image => image.CanBeNamed) is > 0 and var missing && more)
        {
            // Each costs a read; a few more than are missing, since not all that come count.
            var size = Math.Clamp(missing, FewImages, 1000);
            var page = await store.ListImagesAsync(query.Pool, query.Namespace, after, size, _stopped.Token);
            images.AddRange(page.Where(image => !image.Name.StartsWith(VolumeId.ReservedPrefix, StringComparison.Ordinal)));
            more = page.Count >= size;
            after = page.Count > 0 ? page[^1].Name : after;
        }
        // The page ends with the last that can be named, so that the next one begins after it.
        var next = images.Where(image => image.CanBeNamed).ElementAtOrDefault(limit) is null ? null
            : images.Where(image => image.CanBeNamed).ElementAt(limit - 1).Name;
        return new VolumesListed(
            [.. (next is null ? images : images.Take(images.FindIndex(image => image.Name == next) + 1)).Select(image => Describe(query, image))], next);
    }

    private async Task<object> ReadAsync(IBlockStore store, GetRows query) => ReadCatalog.Find(query.Kind) is { } read
        ? await read.AnswerAsync(store, query, _stopped.Token)
        : new QueryFailed(OperationErrors.Wrong($"'{query.Kind}' is not known to this version"));

    private static VolumeInfo Describe(GetVolumes query, ListedImage image) => image.Info is { } info
        ? ImageDescription.Of(info)
        : ImageDescription.Damaged(new VolumeId(query.Pool, query.Namespace, image.Name), image.Id, image.Damage!, image.CanBeNamed);

    private static OperationError Error(Exception e) => e.GetBaseException() is BlockStoreException store
        ? store.Error
        : new OperationError(ErrorKind.Internal, e.GetBaseException().Message);

    private sealed record Connected(IBlockStore Store) : INoSerializationVerificationNeeded;

    private sealed record ConnectFailed(OperationError Error) : INoSerializationVerificationNeeded;

    private sealed record ReadEnded(Link Link, bool Breaks) : INoSerializationVerificationNeeded;

    private sealed class Link(IBlockStore store)
    {
        public IBlockStore Store { get; } = store;

        public int ReadCount { get; set; }
    }

    private sealed record Forget : INoSerializationVerificationNeeded;
}
