using Mooring.Messages;
using Mooring.Storage;

namespace Mooring.Tests.Storage.Contract;

/// <summary>What all contract tests share: a connection of their own, fresh names, patterned bytes.</summary>
public abstract class StoreContract(IStoreFixture fixture) : IAsyncLifetime
{
    /// <summary>The longest that any single step may take before the test says which one hangs.</summary>
    protected static readonly TimeSpan StepLimit = TimeSpan.FromMinutes(3);

    protected const int MiB = 1 << 20;

    private readonly List<IBlockStore> _connections = [];

    protected IStoreFixture Fixture { get; } = fixture;

    protected IBlockStore Store { get; private set; } = null!;

    public virtual async Task InitializeAsync() => Store = await ConnectAsync("contract");

    public virtual async Task DisposeAsync()
    {
        foreach (var connection in _connections)
            await connection.DisposeAsync();
    }

    /// <summary>Opens another connection, which ends with the test.</summary>
    protected async Task<IBlockStore> ConnectAsync(string purpose, int slots = 4, bool longCopies = false)
    {
        var connection = await Fixture.ConnectAsync(purpose, slots, longCopies).WaitAsync(StepLimit);
        _connections.Add(connection);
        return connection;
    }

    /// <summary>A name that no other test uses.</summary>
    protected VolumeId Fresh(string stem = "image") => new(Fixture.Pool, "", FreshText(stem));

    protected static string FreshText(string stem) => $"{stem}-{Guid.NewGuid():N}";

    /// <summary>A new image with bytes that tell their offset in its first <paramref name="dataBytes"/>.</summary>
    protected async Task<VolumeId> CreateAsync(long sizeBytes = 8 * MiB, long dataBytes = 0, string stem = "image")
    {
        var volume = Fresh(stem);
        await Store.CreateAsync(volume, sizeBytes, default).WaitAsync(StepLimit);
        for (long offset = 0; offset < dataBytes; offset += 4 * MiB)
            await Store.WriteAsync(volume, offset, Pattern(offset, (int)Math.Min(4 * MiB, dataBytes - offset)), default).WaitAsync(StepLimit);
        return volume;
    }

    /// <summary>Bytes that differ for each offset, and are not zero.</summary>
    protected static byte[] Pattern(long offset, int length, byte seed = 1)
    {
        var bytes = new byte[length];
        for (var i = 0; i < length; i++)
            bytes[i] = (byte)((((offset + i) * 31) ^ ((offset + i) >> 12) ^ seed) | 1);
        return bytes;
    }

    protected static async Task<byte[]> ReadAsync(IBlockStore store, VolumeId volume, long offset, int length)
    {
        var bytes = new byte[length];
        Random.Shared.NextBytes(bytes);
        await store.ReadAsync(volume, offset, bytes, default).WaitAsync(StepLimit);
        return bytes;
    }

    /// <summary>The error that a call gives, which must be an expected one of this kind.</summary>
    protected static async Task<OperationError> FailsAsync(ErrorKind kind, Func<Task> call)
    {
        var thrown = await Assert.ThrowsAsync<BlockStoreException>(() => call().WaitAsync(StepLimit));
        Assert.True(kind == thrown.Kind, $"expected {kind}, got {thrown.Kind}: {thrown.Message}");
        Assert.False(string.IsNullOrWhiteSpace(thrown.Error.Detail), "an error needs a line for a person");
        Assert.DoesNotContain('\n', thrown.Error.Detail);
        return thrown.Error;
    }

    /// <summary>Asks again until it is so; fails with what it waited for.</summary>
    protected static async Task UntilAsync(string what, Func<Task<bool>> condition)
    {
        using var limit = new CancellationTokenSource(StepLimit);
        while (!await condition())
        {
            if (limit.IsCancellationRequested)
                throw new TimeoutException($"did not come within {StepLimit.TotalSeconds} s: {what}");
            await Task.Delay(5);
        }
    }

    /// <summary>Progress reports as they come, on whatever thread, and the first one as an event.</summary>
    protected sealed class Reports : IProgress<double>
    {
        private readonly List<double> _shares = [];
        private readonly TaskCompletionSource _first = new(TaskCreationOptions.RunContinuationsAsynchronously);

        /// <summary>Completes when a share above 0 was reported.</summary>
        public Task Begun => _first.Task;

        public double[] Shares
        {
            get
            {
                lock (_shares)
                    return [.. _shares];
            }
        }

        public void Report(double value)
        {
            lock (_shares)
                _shares.Add(value);
            if (value > 0)
                _first.TrySetResult();
        }
    }
}
