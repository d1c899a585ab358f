using System.Diagnostics;
using Mooring.Messages;
using Mooring.Storage;
using Mooring.Storage.Embedded;
using Mooring.Tests.Storage.Contract;

namespace Mooring.Tests.Storage.Embedded;

/// <summary>An embedded store on a file system of 24 MiB. Mounting one needs root on Linux.</summary>
public sealed class SmallDisk : IStoreFixture, IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("mooring-small-").FullName;

    public SmallDisk() => Run("mount", "-t", "tmpfs", "-o", "size=24m", "mooring-test", _directory);

    public string Pool => "rbd";

    public string OtherPool => "rbd";

    public long LongCopyBytes => 16 << 20;

    public TimeSpan Limit => TimeSpan.FromSeconds(5);

    public Task<IBlockStore> ConnectAsync(string purpose = "test", int slots = 4, bool longCopies = false) =>
        new EmbeddedStoreProvider(new EmbeddedStoreOptions { Directory = _directory }).ConnectAsync(purpose, slots, default);

    public Task<IEventLogConnection> OpenEventLogAsync() =>
        new EmbeddedStoreProvider(new EmbeddedStoreOptions { Directory = _directory }).OpenEventLogAsync("journal", default);

    public void Dispose()
    {
        Run("umount", _directory);
        Directory.Delete(_directory);
    }

    private static void Run(string program, params string[] arguments)
    {
        using var process = Process.Start(program, arguments);
        process.WaitForExit();
        if (process.ExitCode != 0)
            throw new InvalidOperationException($"{program} {string.Join(' ', arguments)} ended with {process.ExitCode}");
    }
}

/// <summary>Skips what needs to mount a file system.</summary>
public sealed class CanMountAttribute : AvailabilityAttribute
{
    public override string? SkipReason => OperatingSystem.IsLinux() && Environment.IsPrivilegedProcess ? null : "mounting a small file system needs root on Linux";
}

/// <summary>What happens when the disk is full.</summary>
[CanMount]
public sealed class EmbeddedFullDisk(SmallDisk disk) : StoreContract(disk), IClassFixture<SmallDisk>
{
    [StoreFact]
    public async Task A_full_disk_is_told_and_removing_makes_room()
    {
        var source = await CreateAsync(64 * MiB, 16 * MiB);
        var target = Fresh("copy");
        var error = await FailsAsync(ErrorKind.NoSpace, () => Store.CopyAsync(source, target, null, default));
        Assert.Equal(28, error.Errno);
        await FailsAsync(ErrorKind.NoSpace, () => Store.WriteAsync(source, 20 * MiB, Pattern(0, 16 * MiB), default));
        await Store.RemoveAsync(target, null, default);
        Assert.Equal(Pattern(0, MiB), await ReadAsync(Store, source, 0, MiB));
        await Store.RemoveAsync(source, null, default);
        var again = await CreateAsync(16 * MiB, 16 * MiB);
        Assert.Equal(Pattern(0, MiB), await ReadAsync(Store, again, 0, MiB));
    }
}
