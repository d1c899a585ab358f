using Mooring.Messages;
using Mooring.Storage;
using Mooring.Storage.Files;

namespace Mooring.Tests.Files;

/// <summary>What a reader sees on the image before the writer has made it durable.</summary>
public sealed class AreaSettles : AreaTest
{
    [Fact]
    public async Task A_writer_settles_when_it_knows_what_a_reader_has_seen()
    {
        var image = new HeldImage(await FormattedAsync());
        await using var writer = await AreaWriter.OpenAsync(image, new Epoch(1), Guid.NewGuid(), null, _ => Task.CompletedTask, default);
        using var reader = await AreaReader.OpenAsync(image, null, default);
        Assert.True(writer.SettleAsync().IsCompletedSuccessfully);

        image.Hold();
        var writing = writer.WriteFileAsync("/seen", Bytes(1, 100), Now, createNew: true, default);
        await image.Held.WaitAsync(TimeSpan.FromSeconds(30));
        await reader.RefreshAsync(default);
        Assert.NotNull(reader.Tree.Find("/seen"));
        var settled = writer.SettleAsync();
        Assert.False(settled.IsCompleted);
        image.Release();
        await settled;

        Assert.NotNull(writer.Tree.Find("/seen"));
        await writing;
    }

    [Fact]
    public async Task A_writer_whose_commit_failed_does_not_settle()
    {
        var memory = await FormattedAsync();
        await using var writer = await OpenAsync(memory, 1);
        memory.Fails = (_, _) => new BlockStoreException(ErrorKind.Unavailable, "the link is gone");

        await FailsAsync(ErrorKind.Unavailable, () => writer.WriteFileAsync("/lost", Bytes(1, 100), Now, createNew: true, default));

        await FailsAsync(ErrorKind.Unavailable, writer.SettleAsync);
    }

    /// <summary>An image whose next flush waits.</summary>
    private sealed class HeldImage(IOpenImage inner) : IOpenImage
    {
        private readonly TaskCompletionSource _held = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource _released = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private volatile bool _holds;

        public Task Held => _held.Task;

        public VolumeId Volume => inner.Volume;

        public long SizeBytes => inner.SizeBytes;

        public void Hold() => _holds = true;

        public void Release() => _released.SetResult();

        public Task ReadAsync(long offset, Memory<byte> buffer, CancellationToken cancellationToken) => inner.ReadAsync(offset, buffer, cancellationToken);

        public Task WriteAsync(long offset, ReadOnlyMemory<byte> data, CancellationToken cancellationToken) => inner.WriteAsync(offset, data, cancellationToken);

        public async Task FlushAsync(CancellationToken cancellationToken)
        {
            if (_holds)
            {
                _held.TrySetResult();
                await _released.Task;
            }
            await inner.FlushAsync(cancellationToken);
        }

        public ValueTask DisposeAsync() => inner.DisposeAsync();
    }
}
