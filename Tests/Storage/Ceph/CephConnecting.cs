using System.Diagnostics;
using Mooring.Messages;
using Mooring.Storage;
using Mooring.Storage.Ceph;
using Mooring.Tests.Storage.Contract;

namespace Mooring.Tests.Storage.Ceph;

/// <summary>Connecting never hangs and says what it could not reach.</summary>
[NeedsCeph, Collection(CephCollection.Name)]
public sealed class CephConnecting(CephFixture fixture)
{
    private const string Nobody = "v1:127.0.0.99:6789";

    [StoreFact]
    public async Task Monitors_that_do_not_answer_are_named_within_the_bound()
    {
        var clock = Stopwatch.StartNew();
        var error = await FailsAsync(Unreachable());
        Assert.Equal(ErrorKind.Unavailable, error.Kind);
        Assert.Contains(Nobody, error.Detail, StringComparison.Ordinal);
        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(5), $"took {clock.Elapsed}");
    }

    [StoreFact]
    public async Task Connecting_can_be_given_up()
    {
        using var cancel = new CancellationTokenSource();
        var attempt = new CephStoreProvider(Unreachable() with { ConnectTimeout = TimeSpan.FromSeconds(3) }).ConnectAsync("test", 1, cancel.Token);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => attempt.WaitAsync(TimeSpan.FromSeconds(1)));
    }

    [StoreFact]
    public async Task A_configuration_file_or_pool_that_is_not_there_is_named()
    {
        Assert.Contains("/nowhere.conf", (await FailsAsync(fixture.Options with { ConfigFile = "/nowhere.conf" })).Detail, StringComparison.Ordinal);
        Assert.Contains("no-such-pool", (await FailsAsync(fixture.Options with { MetadataPool = "no-such-pool" })).Detail, StringComparison.Ordinal);
    }

    [StoreFact]
    public async Task A_user_without_a_key_is_named()
    {
        var error = await FailsAsync(fixture.Options with { Client = "client.nobody" });
        Assert.Equal(ErrorKind.PermissionDenied, error.Kind);
        Assert.Contains("client.nobody has no key on this machine", error.Detail, StringComparison.Ordinal);
    }

    [StoreFact]
    public async Task A_key_that_is_not_the_cluster_s_is_refused()
    {
        var keyring = Path.Combine(fixture.Sandbox.Directory, "stranger");
        await File.WriteAllTextAsync(keyring, "[client.mooring]\n\tkey = AQAAAAAAAAAAABAAAAAAAAAAAAAAAAAAAAAAAA==\n");
        var error = await FailsAsync(fixture.Options with { Overrides = new Dictionary<string, string> { ["keyring"] = keyring } });
        Assert.Equal(ErrorKind.PermissionDenied, error.Kind);
        Assert.Contains("client.mooring has no key on this machine, or none that is taken", error.Detail, StringComparison.Ordinal);
    }

    [StoreFact]
    public async Task With_a_key_for_some_pools_those_can_be_used_and_others_are_refused()
    {
        await fixture.Sandbox.AddUserAsync("one-pool", $"profile rbd pool={fixture.Pool}");
        await using var provider = new CephStoreProvider(fixture.Options with { Client = "client.one-pool" });
        await using var store = await provider.ConnectAsync("test", 2, default);
        var volume = new VolumeId(fixture.Pool, "", $"mine-{Guid.NewGuid():N}");
        await store.CreateAsync(volume, 1 << 20, default);
        await fixture.RunAsync("rados", "-p", fixture.Pool, "rm", $"rbd_header.{await store.FindAsync(volume, default)}");
        await store.RemoveDamagedAsync(volume, null, default);
        var refused = await Assert.ThrowsAsync<BlockStoreException>(() => store.CreateAsync(volume with { Pool = fixture.OtherPool }, 1 << 20, default));
        Assert.Equal(ErrorKind.PermissionDenied, refused.Kind);
    }

    [StoreFact]
    public async Task When_no_OSD_answers_a_probe_ends_in_its_time_and_other_calls_in_theirs()
    {
        await using var provider = new CephStoreProvider(fixture.Options with { OsdOperationTimeout = TimeSpan.FromSeconds(1) });
        await using var store = await provider.ConnectAsync("test", 1, default);
        await using var log = await provider.OpenEventLogAsync("journal", default);
        var stream = $"stream-{Guid.NewGuid():N}";
        await store.ProbeAsync(TimeSpan.FromSeconds(5), default);
        await using (await fixture.PauseOsdsAsync())
        {
            var clock = Stopwatch.StartNew();
            var probe = await Assert.ThrowsAsync<BlockStoreException>(() => store.ProbeAsync(TimeSpan.FromMilliseconds(200), default));
            Assert.Equal(ErrorKind.TimedOut, probe.Kind);
            Assert.True(clock.Elapsed < TimeSpan.FromSeconds(1), $"took {clock.Elapsed}");
            var append = await Assert.ThrowsAsync<BlockStoreException>(
                () => log.AppendAsync(stream, 1, [new byte[10]], default).WaitAsync(TimeSpan.FromSeconds(10)));
            Assert.Equal(ErrorKind.TimedOut, append.Kind);
            using var cancel = new CancellationTokenSource(TimeSpan.FromMilliseconds(50));
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => store.GetRecordAsync("key", cancel.Token));
        }
        await store.ProbeAsync(TimeSpan.FromSeconds(10), default);
        // The append that gave no answer may have happened; which it is can be read.
        var highest = await log.GetHighestNumberAsync(stream, default);
        Assert.True(await log.AppendAsync(stream, highest + 1, [new byte[10]], default));
    }

    [StoreFact]
    public async Task Only_pools_for_images_are_listed()
    {
        await using var store = await fixture.ConnectAsync();
        Assert.Equal([fixture.OtherPool, fixture.Pool], await store.ListPoolsAsync(default));
    }

    [StoreFact]
    public async Task Images_of_a_namespace_are_apart()
    {
        await using var store = await fixture.ConnectAsync();
        var ns = $"ns-{Guid.NewGuid():N}";
        await fixture.RunAsync("rbd", "namespace", "create", $"{fixture.Pool}/{ns}");
        var volume = new VolumeId(fixture.Pool, ns, "volume");
        Assert.Empty(await store.ListAsync(fixture.Pool, ns, null, 10, default));
        Assert.Null(await store.FindAsync(volume, default));
        await store.CreateAsync(volume, 1 << 20, default);
        Assert.Equal(["volume"], await store.ListAsync(fixture.Pool, ns, null, 10, default));
        Assert.DoesNotContain("volume", await store.ListAsync(fixture.Pool, "", "volum", 10, default));
        await store.RenameAsync(volume, volume with { Image = "renamed" }, default);
        await store.RemoveAsync(volume with { Image = "renamed" }, null, default);
        Assert.Null(await store.FindAsync(volume, default));
    }

    [StoreFact]
    public async Task What_librbd_tells_of_an_image_matches_the_command_line()
    {
        await using var store = await fixture.ConnectAsync();
        var volume = new VolumeId(fixture.Pool, "", $"info-{Guid.NewGuid():N}");
        await store.CreateAsync(volume, 5 << 20, default);
        var info = await store.GetAsync(volume, default);
        var printed = await fixture.RunAsync("rbd", "info", volume.ToString());
        Assert.Contains($"id: {info.Id}\n", printed, StringComparison.Ordinal);
        Assert.Contains($"features: {string.Join(", ", info.Features)}\n", printed, StringComparison.Ordinal);
        Assert.Equal(4 << 20, info.ObjectSizeBytes);
        await fixture.RunAsync("rbd", "snap", "create", $"{volume}@s");
        var busy = await Assert.ThrowsAsync<BlockStoreException>(() => store.RemoveAsync(volume, null, default));
        Assert.Equal(ErrorKind.Busy, busy.Kind);
        Assert.Contains("the snapshot 's'", busy.Error.Detail, StringComparison.Ordinal);
        await fixture.RunAsync("rbd", "snap", "protect", $"{volume}@s");
        await fixture.RunAsync("rbd", "clone", $"{volume}@s", $"{volume}-clone");
        Assert.Equal($"{volume}@s", (await store.GetAsync(volume with { Image = volume.Image + "-clone" }, default)).Parent);
    }

    private CephStoreOptions Unreachable() => fixture.Options with
    {
        ConnectTimeout = TimeSpan.FromSeconds(1), Overrides = new Dictionary<string, string> { ["mon_host"] = Nobody },
    };

    private static async Task<OperationError> FailsAsync(CephStoreOptions options) =>
        (await Assert.ThrowsAsync<BlockStoreException>(() => new CephStoreProvider(options).ConnectAsync("test", 1, default))).Error;
}
