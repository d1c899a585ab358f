using Mooring.Storage;
using Mooring.Storage.Embedded;
using Mooring.Tests.Storage.Contract;

namespace Mooring.Tests.Storage.Embedded;

/// <summary>An embedded store in a directory of its own. Each connection comes from a provider of its own, as from several processes.</summary>
public sealed class EmbeddedFixture : IStoreFixture, IDisposable
{
    /// <summary>Where the store lies.</summary>
    public string Directory { get; } = System.IO.Directory.CreateTempSubdirectory("mooring-store-").FullName;

    public string Pool => "rbd";

    public string OtherPool => "other";

    public long LongCopyBytes => 32 << 20;

    public TimeSpan Limit => TimeSpan.FromSeconds(5);

    /// <summary>The options that the tests use.</summary>
    public EmbeddedStoreOptions Options => new()
    {
        Directory = Directory,
        Pools = [Pool, OtherPool],
        Namespaces = ["rbd/team"],
        CopyBytesPerSecondMax = LongCopyBytes,
    };

    public Task<IBlockStore> ConnectAsync(string purpose = "test", int slots = 4, bool longCopies = false) =>
        new EmbeddedStoreProvider(longCopies ? Options with { CopyBytesPerSecondMax = 1 << 20 } : Options).ConnectAsync(purpose, slots, default);

    public Task<IEventLogConnection> OpenEventLogAsync() => new EmbeddedStoreProvider(Options).OpenEventLogAsync("journal", default);

    public void Dispose() => System.IO.Directory.Delete(Directory, recursive: true);
}
