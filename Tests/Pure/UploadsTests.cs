using Mooring.Messages;
using Mooring.Operations;
using Mooring.Storage;

namespace Mooring.Tests.Pure;

/// <summary>Content and the attempt that takes it meet once, whoever comes first.</summary>
public class UploadsTests
{
    private static readonly TimeSpan Long = TimeSpan.FromMinutes(1);
    private static readonly OperationId Operation = new("op-000000000000000000000001");

    private readonly Uploads _uploads = new(Long, TimeProvider.System);

    [Fact]
    public async Task The_attempt_may_wait_for_the_content()
    {
        var received = _uploads.ReceiveAsync(Operation, default);
        var offered = _uploads.OfferAsync(Operation, new MemoryStream([1, 2]), Long, default);

        using (var upload = await received.WaitAsync(Long))
        {
            Assert.Equal(1, upload.Content.ReadByte());
            Assert.False(offered.IsCompleted);
        }
        Assert.True(await offered.WaitAsync(Long));
    }

    [Fact]
    public async Task The_content_may_wait_for_the_attempt()
    {
        var offered = _uploads.OfferAsync(Operation, new MemoryStream([1, 2]), Long, default);

        (await _uploads.ReceiveAsync(Operation, default).WaitAsync(Long)).Dispose();

        Assert.True(await offered.WaitAsync(Long));
    }

    [Fact]
    public async Task Those_who_take_content_in_are_bounded()
    {
        var uploads = new Uploads(Long, TimeProvider.System, countMax: 1);
        using var gone = new CancellationTokenSource();
        var waiting = uploads.ReceiveAsync(Operation, gone.Token);
        async Task<ErrorKind> RefusedAsync() =>
            (await Assert.ThrowsAsync<BlockStoreException>(() => uploads.ReceiveAsync(new OperationId("op-000000000000000000000002"), default))).Kind;
        Assert.Equal(ErrorKind.Overloaded, await RefusedAsync());
        await gone.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);

        var offered = uploads.OfferAsync(Operation, Stream.Null, Long, default);
        var upload = await uploads.ReceiveAsync(Operation, default).WaitAsync(Long);
        Assert.Equal(ErrorKind.Overloaded, await RefusedAsync());
        upload.Dispose();
        upload.Dispose();
        Assert.True(await offered.WaitAsync(Long));
        Assert.False(uploads.ReceiveAsync(Operation, default).IsCompleted);
    }

    [Fact]
    public async Task What_nobody_takes_is_given_back()
    {
        Assert.False(await _uploads.OfferAsync(Operation, Stream.Null, TimeSpan.Zero, default).WaitAsync(Long));
        using var gone = new CancellationTokenSource();
        var offered = _uploads.OfferAsync(Operation, Stream.Null, Long, gone.Token);
        await gone.CancelAsync();
        Assert.False(await offered.WaitAsync(Long));

        // It is no more there for who comes later.
        var received = _uploads.ReceiveAsync(Operation, default);
        Assert.False(received.IsCompleted);
        var late = _uploads.OfferAsync(Operation, new MemoryStream([7]), Long, default);
        using (var upload = await received.WaitAsync(Long))
            Assert.Equal(7, upload.Content.ReadByte());
        Assert.True(await late.WaitAsync(Long));
    }

    [Fact]
    public async Task Only_one_content_is_taken_at_a_time()
    {
        var first = _uploads.OfferAsync(Operation, Stream.Null, Long, default);
        Assert.False(await _uploads.OfferAsync(Operation, Stream.Null, Long, default).WaitAsync(Long));
        (await _uploads.ReceiveAsync(Operation, default).WaitAsync(Long)).Dispose();
        Assert.True(await first.WaitAsync(Long));
    }

    [Fact]
    public async Task An_attempt_does_not_wait_for_ever()
    {
        var uploads = new Uploads(TimeSpan.Zero, TimeProvider.System);
        Assert.Equal(ErrorKind.Cancelled, (await Assert.ThrowsAsync<BlockStoreException>(() => uploads.ReceiveAsync(Operation, default).WaitAsync(Long))).Kind);

        using var stopped = new CancellationTokenSource();
        var received = _uploads.ReceiveAsync(Operation, stopped.Token);
        await stopped.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => received.WaitAsync(Long));
    }
}
