using System.IO.Pipelines;
using System.Text;
using Mooring.Actors.Files;
using Mooring.Messages;
using Mooring.Messages.Wire;
using Mooring.Storage.Files;
using Mooring.Tests.Actors.Fakes;
using Mooring.Tests.Files;

namespace Mooring.Tests.Actors;

/// <summary>
/// A client that gets no answer sends a change again on another connection. Whatever holds the first sending up, it must not undo what was
/// acknowledged after the second.
/// </summary>
public sealed class DataConnectionTests : IAsyncLifetime, IAsyncDisposable
{
    private const string Path = "/file";

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);
    private static readonly NodeName Node = new("n1");
    private static readonly AreaId Area = new(new FileSystemName("fs"), 0);
    private static readonly byte[] Key = new byte[AccessToken.KeyBytes];
    private static readonly Guid Id = Guid.Parse("00112233-4455-6677-8899-aabbccddeeff");

    private readonly ServedAreas _areas = new(TimeProvider.System) { Keys = TokenKeys.Of(Key) };
    private readonly List<Peer> _peers = [];
    private MemoryImage _image = null!;
    private ReaderGroup _readers = null!;
    private AreaWriter _writer = null!;

    public async Task InitializeAsync()
    {
        _image = new MemoryImage(8 << 20);
        _readers = new ReaderGroup(
            _ => "", (_, _) => Task.FromException<Stream>(new IOException("nobody reads")), ActorSpec.Settings.Files, TimeProvider.System);
        await Mooring.Storage.Files.Area.FormatAsync(_image, null, default);
        _writer = await AreaWriter.OpenAsync(_image, new Epoch(1), Guid.NewGuid(), null, _ => Task.CompletedTask, default);
        var store = await new FakeStoreProvider().ConnectAsync("files", 1, default);
        _areas.Set(Area, ServedArea.WrittenBy(_writer, _readers, Area, "/", new AreaRight(new Epoch(1), Node, store.Address), store, _ => { }));
    }

    Task IAsyncLifetime.DisposeAsync() => DisposeAsync().AsTask();

    public async ValueTask DisposeAsync()
    {
        _image.ReleaseHeld();
        foreach (var peer in _peers)
            await peer.DisposeAsync();
        await _readers.DisposeAsync();
        await _writer.DisposeAsync();
    }

    [Fact]
    public async Task A_first_sending_that_lay_in_its_socket_changes_nothing_after_the_second()
    {
        var (slow, fast) = (new Peer(this), new Peer(this));
        await slow.PutAsync("old", 1);
        fast.Serve();
        await fast.PutAsync("old", 2);
        Assert.Null(await fast.ResultAsync());
        await fast.PutNewAsync();

        slow.Serve();

        await IsRefusedAsync(slow);
    }

    [Fact]
    public async Task A_first_sending_whose_content_was_slow_changes_nothing_after_the_second()
    {
        // Too large for the log's batch: the content goes to its place first, and the second sending overtakes it there.
        var old = new string('o', 100 << 10);
        var (slow, fast) = (new Peer(this), new Peer(this));
        var holding = true;
        _image.Holds = _ => holding;
        slow.Serve();
        await slow.PutAsync(old, 1);
        await _image.Held.WaitAsync(Limit);
        holding = false;
        fast.Serve();
        await fast.PutAsync(old, 2);
        Assert.Null(await fast.ResultAsync());
        await fast.PutNewAsync();

        _image.ReleaseHeld();
        await slow.EndAsync();

        Assert.Equal("new", await ReadAsync());
    }

    [Fact]
    public async Task A_first_stream_that_lay_in_its_socket_changes_nothing_after_the_second()
    {
        var (slow, fast) = (new Peer(this), new Peer(this));
        await slow.StreamAsync("old", 1);
        fast.Serve();
        await fast.StreamAsync("old", 2);
        await fast.StreamedAsync();
        await fast.PutNewAsync();

        slow.Serve();

        await IsRefusedAsync(slow);
    }

    [Fact]
    public async Task A_first_stream_that_is_under_way_ends_when_the_second_begins()
    {
        var (slow, fast) = (new Peer(this), new Peer(this));
        slow.Serve();
        await slow.OpenStreamAsync(1);
        Assert.Equal(FrameKind.WriteReady, (await slow.NextAsync()).Kind);
        fast.Serve();
        await fast.StreamAsync("old", 2);
        await fast.StreamedAsync();
        await fast.PutNewAsync();

        await slow.SendAsync("old");
        await slow.EndAsync();

        Assert.Equal("new", await ReadAsync());
    }

    [Fact]
    public async Task A_file_that_must_be_new_is_made_once_though_the_first_answer_was_lost()
    {
        var (first, second, other) = (new Peer(this), new Peer(this), new Peer(this));
        first.Serve();
        await first.PutAsync("value", 1, kind: FileOperationKind.Create);
        Assert.Null(await first.ResultAsync());
        second.Serve();
        await second.PutAsync("value", 2, kind: FileOperationKind.Create);
        Assert.Null(await second.ResultAsync());

        other.Serve();
        await other.PutAsync("value", 1, Guid.NewGuid(), FileOperationKind.Create);
        Assert.Equal(ErrorKind.AlreadyExists, await other.ResultAsync());
    }

    [Fact]
    public async Task A_change_that_was_done_is_not_done_again_after_a_later_one()
    {
        var (first, second) = (new Peer(this), new Peer(this));
        first.Serve();
        await first.PutAsync("old", 1);
        Assert.Null(await first.ResultAsync());
        await first.PutNewAsync();

        second.Serve();
        await second.PutAsync("old", 2);

        Assert.Null(await second.ResultAsync());
        Assert.Equal("new", await ReadAsync());
    }

    [Theory]
    [InlineData(WriteMode.Replace)]
    [InlineData(WriteMode.CreateNew)]
    public async Task A_whole_stream_that_was_done_is_not_done_again_after_a_later_change(WriteMode mode)
    {
        var (first, second) = (new Peer(this), new Peer(this));
        first.Serve();
        await first.OpenStreamAsync(1, mode);
        await first.SendAsync("old");
        await first.StreamedAsync();
        await first.PutNewAsync();

        second.Serve();
        await second.OpenStreamAsync(2, mode);
        Assert.Equal(3, await second.ReadyAsync());
        await second.CloseAsync(3);
        await second.StreamedAsync();

        Assert.Equal("new", await ReadAsync());
    }

    [Fact]
    public async Task An_append_that_comes_again_is_there_once_whatever_another_has_appended_meanwhile()
    {
        var (first, second, other, third) = (new Peer(this), new Peer(this), new Peer(this), new Peer(this));
        await AppendAsync(first, "old", 1);
        await AppendAsync(second, "old", 2);
        await AppendAsync(other, "new", 1, Guid.NewGuid());
        await AppendAsync(third, "old", 3);

        Assert.Equal("oldnew", await ReadAsync());
    }

    private static async Task AppendAsync(Peer peer, string text, int number, Guid? id = null)
    {
        peer.Serve();
        await peer.OpenStreamAsync(number, WriteMode.Append, id);
        Assert.Equal(0, await peer.ReadyAsync());
        await peer.SendAsync(text);
        await peer.StreamedAsync();
    }

    [Fact]
    public async Task A_client_that_does_not_say_which_sending_it_is_is_served()
    {
        var peer = new Peer(this);
        peer.Serve();
        await peer.PutAsync("value", null);
        Assert.Null(await peer.ResultAsync());

        Assert.Equal("value", await ReadAsync());
    }

    private static string Token() => new AccessToken(
        Area, "/", AccessRight.Write, Node, "127.0.0.1:2", new Epoch(1), DateTimeOffset.UtcNow.AddMinutes(10)).Sign(Key);

    private async Task IsRefusedAsync(Peer peer)
    {
        Assert.Equal(ErrorKind.Cancelled, await peer.ResultAsync());
        Assert.Equal("new", await ReadAsync());
    }

    private async Task<string> ReadAsync()
    {
        var bytes = new byte[1 << 20];
        return Encoding.ASCII.GetString(bytes.AsSpan(0, await _writer.ReadAsync(Path, 0, bytes, default)));
    }

    /// <summary>One connection, both ends; what the client sends waits until it is served.</summary>
    private sealed class Peer : IAsyncDisposable
    {
        private readonly DataConnectionTests _test;
        private readonly Pipe _up = new(new PipeOptions(pauseWriterThreshold: 0));
        private readonly Pipe _down = new(new PipeOptions(pauseWriterThreshold: 0));
        private readonly FrameConnection _frames;
        private Task _served = Task.CompletedTask;

        public Peer(DataConnectionTests test)
        {
            _test = test;
            _frames = new FrameConnection(new DuplexStream(_down.Reader.AsStream(), _up.Writer.AsStream()), FrameConnection.StandardPayloadBytesMax);
            test._peers.Add(this);
        }

        public void Serve()
        {
            var connection = new DataConnection(
                new DuplexStream(_up.Reader.AsStream(), _down.Writer.AsStream()), Node, ActorSpec.Settings.Files, _test._areas, TimeProvider.System);
            _served = Task.Run(async () =>
            {
                await using (connection)
                    await connection.RunAsync(default);
            });
        }

        public ValueTask PutAsync(string value, int? number, Guid? id = null, FileOperationKind kind = FileOperationKind.Put) => _frames.WriteAsync(
            FrameKind.Operations,
            new FileRequest(Token(), [], [new FileOperation(kind, Path, "", 0, Encoding.ASCII.GetBytes(value))], Attempt(number, id)).Write, default);

        /// <summary>Another request, made and answered after the one that is sent twice.</summary>
        public async Task PutNewAsync()
        {
            await PutAsync("new", 1, Guid.NewGuid());
            Assert.Null(await ResultAsync());
        }

        public ValueTask OpenStreamAsync(int number, WriteMode mode = WriteMode.Replace, Guid? id = null) => _frames.WriteAsync(
            FrameKind.WriteOpen, new WriteOpen(Token(), [], Path, mode, 0, id ?? Id, number > 1, Attempt(number, id)).Write, default);

        /// <summary>Where the stream goes on.</summary>
        public async Task<long> ReadyAsync()
        {
            var frame = await NextAsync();
            Assert.Equal(FrameKind.WriteReady, frame.Kind);
            return new WireReader(frame.Payload.Span).Size();
        }

        public ValueTask CloseAsync(long total) => _frames.WriteAsync(FrameKind.WriteClose, w => w.Int64(total), default);

        public async Task StreamAsync(string value, int number)
        {
            await OpenStreamAsync(number);
            await SendAsync(value);
        }

        public async Task SendAsync(string value, long offset = 0)
        {
            await _frames.WriteChunkAsync(offset, Encoding.ASCII.GetBytes(value), default);
            await CloseAsync(offset + value.Length);
        }

        public async Task StreamedAsync()
        {
            for (var kind = FrameKind.WriteReady; kind != FrameKind.WriteDone; kind = (await NextAsync()).Kind)
                Assert.True(kind is FrameKind.WriteReady or FrameKind.WriteAcknowledged, $"the stream was answered with {kind}");
        }

        public async Task<Frame> NextAsync() => await _frames.ExpectAsync(default).AsTask().WaitAsync(Limit);

        /// <summary>Why it was not done; null when it was.</summary>
        public async Task<ErrorKind?> ResultAsync()
        {
            var frame = await NextAsync();
            if (frame.Kind == FrameKind.OperationResults)
                return FileResult.Read(frame.Payload.Span)[0].Error?.Kind;
            Assert.Equal(FrameKind.Error, frame.Kind);
            var reader = new WireReader(frame.Payload.Span);
            return WireRecords.ReadError(ref reader).Kind;
        }

        /// <summary>The node has ended the connection.</summary>
        public Task EndAsync() => _served.WaitAsync(Limit);

        public async ValueTask DisposeAsync()
        {
            await _up.Writer.CompleteAsync();
            await _served.WaitAsync(Limit);
            await _frames.DisposeAsync();
        }

        private static RequestAttempt? Attempt(int? number, Guid? id) => number is { } known ? new RequestAttempt(id ?? Id, known) : null;
    }
}
