using System.Diagnostics;
using Microsoft.Data.Sqlite;
using Mooring.Messages;
using Mooring.Storage;
using Mooring.Storage.Embedded;
using Mooring.Tests.Storage.Contract;

namespace Mooring.Tests.Storage.Embedded;

/// <summary>What only the embedded store promises.</summary>
public sealed class EmbeddedDetails(EmbeddedFixture fixture) : StoreContract(fixture), IClassFixture<EmbeddedFixture>
{
    private string Data => Path.Combine(fixture.Directory, "data");

    [Fact]
    public async Task Holes_stay_holes()
    {
        var source = await CreateAsync(1L << 30);
        await Store.WriteAsync(source, 512L << 20, Pattern(0, 2 * MiB), default);
        await Store.WriteAsync(source, 600L << 20, new byte[4 * MiB], default);
        var target = Fresh("copy");
        await Store.CopyAsync(source, target, null, default).WaitAsync(StepLimit);
        var file = Path.Combine(Data, $"{await Store.FindAsync(target, default)}.img");
        Assert.Equal(1L << 30, new FileInfo(file).Length);
        Assert.InRange(await AllocatedBytesAsync(file), 2 * MiB, 3 * MiB);
        Assert.Equal(Pattern(0, 2 * MiB), await ReadAsync(Store, target, 512L << 20, 2 * MiB));
    }

    [Fact]
    public async Task Namespaces_keep_equal_names_apart()
    {
        var here = await CreateAsync(MiB);
        var there = here with { Namespace = "team" };
        Assert.Null(await Store.FindAsync(there, default));
        await Store.CreateAsync(there, 2 * MiB, default);
        Assert.Equal(MiB, (await Store.GetAsync(here, default)).SizeBytes);
        Assert.Equal(2 * MiB, (await Store.GetAsync(there, default)).SizeBytes);
        Assert.Contains(there.Image, await Store.ListAsync(there.Pool, "team", null, 1000, default));
    }

    [Fact]
    public async Task The_largest_image_has_a_bound()
    {
        var error = await FailsAsync(ErrorKind.InvalidArgument, () => Store.CreateAsync(Fresh(), EmbeddedStoreOptions.ImageSizeMaxBytes + 1, default));
        Assert.Equal(27, error.Errno);
        await CreateAsync(4L << 40);
    }

    [Fact]
    public async Task While_the_link_is_cut_nothing_is_reached_and_after_that_all_goes_on()
    {
        var cut = Path.Combine(fixture.Directory, FreshText("cut"));
        await using var store = await new EmbeddedStoreProvider(fixture.Options with { CutFile = cut }).ConnectAsync("cut", 1, default);
        await store.ProbeAsync(Fixture.Limit, default);
        await File.WriteAllTextAsync(cut, "");
        await FailsAsync(ErrorKind.Unavailable, () => store.ProbeAsync(Fixture.Limit, default));
        await FailsAsync(ErrorKind.Unavailable, () => store.CreateAsync(Fresh(), MiB, default));
        await FailsAsync(ErrorKind.Unavailable, () => store.GetRecordAsync("key", default));
        File.Delete(cut);
        await store.ProbeAsync(Fixture.Limit, default);
    }

    [Fact]
    public async Task A_directory_that_cannot_be_used_is_named()
    {
        var file = Path.Combine(fixture.Directory, FreshText("file"));
        await File.WriteAllTextAsync(file, "");
        var thrown = await Assert.ThrowsAsync<BlockStoreException>(() =>
            new EmbeddedStoreProvider(new EmbeddedStoreOptions { Directory = Path.Combine(file, "store") }).ConnectAsync("test", 1, default));
        Assert.Contains(file, thrown.Message, StringComparison.Ordinal);
        Assert.True(thrown.Kind is ErrorKind.Unavailable or ErrorKind.PermissionDenied, $"{thrown.Kind}");
    }

    [Fact]
    public void Bad_pools_are_refused_at_the_start() =>
        Assert.Throws<BlockStoreException>(() => new EmbeddedStoreProvider(new EmbeddedStoreOptions { Directory = "x", Pools = ["a/b"] }));

    [Fact]
    public async Task The_next_connection_deletes_the_files_of_dead_sessions_and_no_others()
    {
        var dead = $"embedded:1:{Guid.NewGuid():N}";
        var names = new[] { dead, Store.Address.Value }.ToDictionary(session => session, _ => FreshText("loose") + ".img");
        await using (var database = new SqliteConnection($"Data Source={Path.Combine(fixture.Directory, "store.db")};Pooling=False"))
        {
            await database.OpenAsync();
            foreach (var (session, name) in names)
            {
                await File.WriteAllTextAsync(Path.Combine(Data, name), "bytes");
                var command = database.CreateCommand();
                command.CommandText = "INSERT INTO loose_files VALUES ($name, $session)";
                command.Parameters.AddWithValue("$name", name);
                command.Parameters.AddWithValue("$session", session);
                await command.ExecuteNonQueryAsync();
            }
        }
        var stranger = Path.Combine(Data, FreshText("stranger"));
        await File.WriteAllTextAsync(stranger, "not ours");

        await ConnectAsync("sweeper");
        Assert.False(File.Exists(Path.Combine(Data, names[dead])));
        Assert.True(File.Exists(Path.Combine(Data, names[Store.Address.Value])));
        Assert.True(File.Exists(stranger));
    }

    [Fact]
    public async Task A_shrink_that_was_cut_short_is_ended_by_whoever_comes_next()
    {
        var volume = await CreateAsync(2 * MiB, 2 * MiB);
        await using (var database = new SqliteConnection($"Data Source={Path.Combine(fixture.Directory, "store.db")};Pooling=False"))
        {
            await database.OpenAsync();
            var command = database.CreateCommand();
            command.CommandText = $"UPDATE images SET size = {MiB}, trim_to = {MiB} WHERE name = '{volume.Image}'";
            await command.ExecuteNonQueryAsync();
        }
        await Store.ResizeAsync(volume, 3 * MiB, Shrinking.Never, null, default);
        Assert.All(await ReadAsync(Store, volume, MiB, 2 * MiB), b => Assert.Equal(0, b));
        await Store.WriteAsync(volume, 3 * MiB - 1, new byte[] { 1 }, default);
        Assert.Equal(Pattern(0, MiB), await ReadAsync(Store, volume, 0, MiB));
        Assert.All(await ReadAsync(Store, volume, MiB, 2 * MiB - 1), b => Assert.Equal(0, b));
    }

    [Fact]
    public async Task Leases_run_by_the_monotonic_clock_alone()
    {
        var time = new ManualTime();
        await using var store = await new EmbeddedStoreProvider(fixture.Options with { Time = time }).ConnectAsync("timed", 1, default);
        var name = FreshText("lease");
        LeaseHolder a = new(new NodeName("a"), "1", store.Address), b = new(new NodeName("b"), "1", store.Address);
        var second = TimeSpan.FromSeconds(1);
        var mine = await store.AcquireLeaseAsync(name, a, 10 * second, "test", default, default);

        time.Wall += TimeSpan.FromDays(2);
        Assert.False((await store.AcquireLeaseAsync(name, b, second, "test", default, default)).Acquired);
        time.Monotonic += 9.999 * second;
        Assert.True(store.RenewLease(name, a, mine.Epoch, 10 * second));
        time.Monotonic += 9.999 * second;
        Assert.False((await store.AcquireLeaseAsync(name, b, second, "test", default, default)).Acquired);
        time.Monotonic += 0.001 * second;
        Assert.False(store.RenewLease(name, a, mine.Epoch, 10 * second));
        Assert.True((await store.AcquireLeaseAsync(name, b, second, "test", default, default)).Acquired);
    }

    [Fact]
    public async Task Too_many_waiting_calls_are_refused()
    {
        await using var store = await new EmbeddedStoreProvider(fixture.Options with { QueueMax = 3 }).ConnectAsync("narrow", 1, default);
        var source = await CreateAsync(16 * MiB, 16 * MiB);
        var reports = new Reports();
        using var cancel = new CancellationTokenSource();
        var copy = store.CopyAsync(source, Fresh("copy"), reports, cancel.Token);
        await reports.Begun.WaitAsync(StepLimit);
        var waiting = Enumerable.Range(0, 3).Select(_ => store.FindAsync(source, default)).ToArray();
        await FailsAsync(ErrorKind.Overloaded, () => store.FindAsync(source, default));
        await cancel.CancelAsync();
        await FailsAsync(ErrorKind.Cancelled, () => copy);
        await Task.WhenAll(waiting).WaitAsync(StepLimit);
    }

    [Fact]
    public async Task Closing_a_connection_cuts_its_copy_short()
    {
        var store = await fixture.ConnectAsync("closing", longCopies: true);
        var source = await CreateAsync(fixture.LongCopyBytes, fixture.LongCopyBytes);
        var target = Fresh("copy");
        var reports = new Reports();
        var copy = store.CopyAsync(source, target, reports, default);
        await reports.Begun.WaitAsync(StepLimit);
        await store.DisposeAsync().AsTask().WaitAsync(StepLimit);
        await FailsAsync(ErrorKind.Cancelled, () => copy);
        await Store.RemoveAsync(target, null, default);
    }

    private static async Task<long> AllocatedBytesAsync(string file)
    {
        using var stat = Process.Start(new ProcessStartInfo("stat", ["-c", "%b", file]) { RedirectStandardOutput = true })!;
        return long.Parse(await stat.StandardOutput.ReadToEndAsync(), null) * 512;
    }

    private sealed class ManualTime : TimeProvider
    {
        public TimeSpan Monotonic { get; set; } = TimeSpan.FromDays(1);

        public TimeSpan Wall { get; set; }

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => Monotonic.Ticks;

        public override DateTimeOffset GetUtcNow() => DateTimeOffset.UnixEpoch + TimeSpan.FromDays(20_000) + Wall;
    }
}
