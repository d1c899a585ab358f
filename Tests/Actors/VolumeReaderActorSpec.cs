using Akka.Actor;
using Akka.TestKit;
using Mooring.Actors.Nodes;
using Mooring.Messages;
using Mooring.Storage;

namespace Mooring.Tests.Actors;

/// <summary>A node's reader on a store in memory.</summary>
public sealed class VolumeReaderActorSpec : ActorSpec
{
    private readonly TestProbe _client;
    private readonly IActorRef _reader;

    public VolumeReaderActorSpec()
    {
        _client = CreateTestProbe("client");
        _reader = Sys.ActorOf(VolumeReaderActor.Props(Services));
    }

    [Fact]
    public void Volumes_are_listed_page_by_page_without_Mooring_s_own_work()
    {
        foreach (var name in new[] { "a", "b", "c", $"{VolumeId.ReservedPrefix}op-1.1", "d" })
            Store.Add(new VolumeId("rbd", "", name), 10);
        Store.Add(new VolumeId("other", "", "x"), 10);
        var first = List(after: null, limit: 3);
        var second = List(first.Next, limit: 3);

        Assert.Equal(["a", "b", "c"], first.Items.Select(v => v.Volume.Image));
        Assert.Equal(["d"], second.Items.Select(v => v.Volume.Image));
        Assert.Null(second.Next);
    }

    [Fact]
    public void A_full_last_page_is_the_last()
    {
        Store.Add(new VolumeId("rbd", "", "a"), 10);
        Store.Add(new VolumeId("rbd", "", "b"), 10);
        var page = List(after: null, limit: 2);

        Assert.Equal((2, null), (page.Items.Count, page.Next));
    }

    [Fact]
    public void A_list_looks_at_no_single_image_and_shows_damaged_ones()
    {
        Store.Add(new VolumeId("rbd", "", "a"), 10);
        Store.Damaged[Store.Add(new VolumeId("rbd", "", "b"), 10).Volume] = "its header is gone";
        Store.Before = (call, _) => call is "get" or "find" ? throw new InvalidOperationException($"{call} of a single image") : Task.CompletedTask;

        var items = List(after: null, limit: 10).Items;

        Assert.Equal(["a", "b"], items.Select(v => v.Volume.Image));
        Assert.Null(items[0].Damage);
        Assert.Contains("its header is gone", items[1].Damage, StringComparison.Ordinal);
    }

    [Fact]
    public void A_damaged_volume_is_shown_as_damaged()
    {
        var volume = Store.Add(new VolumeId("rbd", "", "b"), 10);
        Store.Damaged[volume.Volume] = "its header is gone";

        _client.Send(_reader, new GetVolume(volume.Volume));

        var shown = _client.ExpectMsg<VolumeFound>().Info;
        Assert.Equal(volume.Id.Value, shown.Id);
        Assert.Contains("its header is gone", shown.Damage, StringComparison.Ordinal);
    }

    [Fact]
    public void Everybody_who_asked_is_told_when_there_is_no_connection_and_the_next_question_tries_again()
    {
        Store.Before = (call, _) => call == "connect" ? throw new BlockStoreException(ErrorKind.Unavailable, "no monitor") : Task.CompletedTask;
        _client.Send(_reader, new GetVolumes("rbd", "", null, 10));
        Assert.Equal(ErrorKind.Unavailable, _client.ExpectMsg<QueryFailed>().Error.Kind);
        Store.Before = (_, _) => Task.CompletedTask;

        Eventually(() =>
        {
            _client.Send(_reader, new GetVolumes("rbd", "", null, 10));
            Assert.IsType<VolumesListed>(_client.ReceiveOne(Limit));
        });
    }

    [Fact]
    public void A_connection_that_does_not_answer_is_replaced()
    {
        Store.Before = (call, store) => call == "list" && store.Address.Value == "reader#1"
            ? throw new BlockStoreException(ErrorKind.TimedOut, "no answer")
            : Task.CompletedTask;
        _client.Send(_reader, new GetVolumes("rbd", "", null, 10));
        Assert.Equal(ErrorKind.TimedOut, _client.ExpectMsg<QueryFailed>().Error.Kind);

        Eventually(() =>
        {
            _client.Send(_reader, new GetVolumes("rbd", "", null, 10));
            Assert.IsType<VolumesListed>(_client.ReceiveOne(Limit));
        });
        Assert.True(Store.Connections.First().Disposed);
    }

    [Fact]
    public async Task What_else_is_read_over_a_connection_that_is_replaced_is_answered()
    {
        var (begun, goOn) = (new TaskCompletionSource(), new TaskCompletionSource());
        var volume = Store.Add(VolumeId.Parse("rbd/a"), 10).Volume;
        Store.Before = (call, store) =>
        {
            if (store.Address.Value != "reader#1")
                return Task.CompletedTask;
            if (call == "list")
                throw new BlockStoreException(ErrorKind.TimedOut, "no answer");
            if (call != "get")
                return Task.CompletedTask;
            begun.TrySetResult();
            return goOn.Task;
        };
        var other = CreateTestProbe();
        other.Send(_reader, new GetVolume(volume));
        await begun.Task.WaitAsync(Limit);
        _client.Send(_reader, new GetVolumes("rbd", "", null, 10));
        _client.ExpectMsg<QueryFailed>();
        Eventually(() =>
        {
            _client.Send(_reader, new GetVolumes("rbd", "", null, 10));
            Assert.IsType<VolumesListed>(_client.ReceiveOne(Limit));
        });
        Assert.False(Store.Connections.First().Disposed);
        goOn.SetResult();

        Assert.Equal(volume, other.ExpectMsg<VolumeFound>().Info.Volume);
        Eventually(() => Assert.True(Store.Connections.First().Disposed));
    }

    [Fact]
    public void A_connection_that_it_gets_after_its_end_is_closed() => EndDuring("connect", () =>
    {
        _client.Send(_reader, new GetVolumes("rbd", "", null, 1));
        return _reader;
    });

    private VolumesListed List(string? after, int limit)
    {
        _client.Send(_reader, new GetVolumes("rbd", "", after, limit));
        return _client.ExpectMsg<VolumesListed>();
    }
}
