using Mooring.Storage;
using System.Text;
using Mooring.Messages;
using Mooring.Tests.Storage.Contract;

namespace Mooring.Tests.Storage.Embedded;

/// <summary>Several real processes on one embedded store: killed with SIGKILL, stopped with SIGSTOP, fenced.</summary>
public sealed class EmbeddedProcesses(EmbeddedFixture fixture) : StoreContract(fixture), IClassFixture<EmbeddedFixture>
{
    private const int Copied = 64 * MiB;

    private string[] DataFiles => [.. Directory.GetFiles(Path.Combine(fixture.Directory, "data")).Select(Path.GetFileName).Order()!];

    [Fact]
    public async Task A_running_copy_of_another_process_keeps_its_images_and_a_killed_one_keeps_nothing()
    {
        var source = await CreateAsync(Copied, Copied);
        var target = Fresh("partial");
        var before = DataFiles;
        await using var child = await ChildProcess.BeginAsync(fixture.Directory, "copy", source.ToString(), target.ToString());

        foreach (var image in new[] { source, target })
        {
            var error = await FailsAsync(ErrorKind.Busy, () => Store.RemoveAsync(image, null, default));
            Assert.Contains(child.Address.Value, error.Detail, StringComparison.Ordinal);
        }

        await child.Identity.KillAsync();
        Assert.NotNull(await Store.FindAsync(target, default));
        await FailsAsync(ErrorKind.NotFound, () => Store.GetAsync(target, default));
        await Store.RemoveAsync(target, null, default);
        Assert.Null(await Store.FindAsync(target, default));
        Assert.Equal(before, DataFiles);
        await Store.RemoveAsync(source, null, default);
    }

    [Fact]
    public async Task A_stopped_copy_holds_its_images_until_it_is_fenced_and_never_ends_after_that()
    {
        var source = await CreateAsync(Copied, Copied);
        var target = Fresh("stopped");
        await using var child = await ChildProcess.BeginAsync(fixture.Directory, "copy", source.ToString(), target.ToString());
        await child.Identity.StopAsync();
        await FailsAsync(ErrorKind.Busy, () => Store.RemoveAsync(target, null, default));

        await Store.FenceAsync(child.Address, TimeSpan.FromHours(1), default).WaitAsync(Fixture.Limit);
        await Store.RemoveAsync(target, null, default);
        await Store.CreateAsync(target, MiB, default);
        child.Identity.Continue();

        Assert.Equal("Fenced", await child.EndAsync());
        Assert.Equal(MiB, (await Store.GetAsync(target, default)).SizeBytes);
        Assert.All(await ReadAsync(Store, target, 0, MiB), b => Assert.Equal(0, b));
    }

    [Fact]
    public async Task A_process_that_sleeps_in_the_middle_of_a_write_cannot_touch_the_image_after_the_fence()
    {
        var volume = await CreateAsync(16 * MiB, 16 * MiB);
        var id = await Store.FindAsync(volume, default);
        await using var child = await ChildProcess.SleepAtAsync(fixture.Directory, "write-checked:20", "write", volume.ToString(), $"{16 * MiB}");
        await FailsAsync(ErrorKind.Busy, () => Store.RemoveAsync(volume, null, default));

        await Store.FenceAsync(child.Address, TimeSpan.FromHours(1), default).WaitAsync(Fixture.Limit);
        await Store.WriteAsync(volume, 0, Pattern(0, 16 * MiB), default);
        child.Wake();

        Assert.Equal("Fenced", await child.EndAsync());
        Assert.Equal(id, await Store.FindAsync(volume, default));
        Assert.Equal(Pattern(0, 16 * MiB), await ReadAsync(Store, volume, 0, 16 * MiB));
        await Store.RemoveAsync(volume, null, default);
    }

    [Fact]
    public async Task A_process_that_sleeps_in_the_middle_of_a_shrink_cannot_cut_the_image_after_the_fence()
    {
        var volume = await CreateAsync(4 * MiB, 4 * MiB);
        await using var child = await ChildProcess.SleepAtAsync(fixture.Directory, "shrink-entered", "shrink", volume.ToString(), $"{MiB}");
        await Store.FenceAsync(child.Address, TimeSpan.FromHours(1), default).WaitAsync(Fixture.Limit);
        await Store.ResizeAsync(volume, 4 * MiB, Shrinking.Never, null, default);
        Assert.All(await ReadAsync(Store, volume, MiB, 3 * MiB), b => Assert.Equal(0, b));
        await Store.WriteAsync(volume, 0, Pattern(0, 4 * MiB), default);
        child.Wake();
        Assert.Equal("Fenced", await child.EndAsync());
        Assert.Equal(Pattern(0, 4 * MiB), await ReadAsync(Store, volume, 0, 4 * MiB));
    }

    [Theory]
    [InlineData("file-entered")]
    [InlineData("file-made")]
    [InlineData("write-checked")]
    [InlineData("write-checked:2")]
    public async Task A_process_killed_at_any_step_of_a_write_leaves_an_image_that_goes_on(string step)
    {
        var volume = await CreateAsync(4 * MiB);
        await KillAtAsync(step, "write", volume.ToString(), $"{MiB}");
        await Store.WriteAsync(volume, MiB, Pattern(MiB, MiB), default);
        Assert.Equal(Pattern(MiB, MiB), await ReadAsync(Store, volume, MiB, MiB));
        Assert.All(await ReadAsync(Store, volume, 2 * MiB, 2 * MiB), b => Assert.Equal(0, b));
        await RemovedWholeAsync(volume);
    }

    [Fact]
    public async Task A_process_killed_in_a_shrink_leaves_the_smaller_size_and_nothing_behind_it()
    {
        var volume = await CreateAsync(4 * MiB, 4 * MiB);
        await KillAtAsync("shrink-entered", "shrink", volume.ToString(), $"{MiB}");
        Assert.Equal(MiB, (await Store.GetAsync(volume, default)).SizeBytes);
        var target = Fresh("copy");
        await Store.ResizeAsync(volume, 2 * MiB, Shrinking.Never, null, default);
        await Store.CopyAsync(volume, target, null, default);
        foreach (var image in new[] { volume, target })
        {
            Assert.Equal(Pattern(0, MiB), await ReadAsync(Store, image, 0, MiB));
            Assert.All(await ReadAsync(Store, image, MiB, MiB), b => Assert.Equal(0, b));
        }
        await RemovedWholeAsync(volume);
    }

    [Theory]
    [InlineData("copy-entered")]
    [InlineData("copy-checked")]
    [InlineData("copy-checked:10")]
    [InlineData("copy-flushed")]
    public async Task A_process_killed_at_any_step_of_a_copy_leaves_a_partial_image_that_can_be_removed(string step)
    {
        var source = await CreateAsync(4 * MiB, 4 * MiB);
        var target = Fresh("partial");
        await KillAtAsync(step, "copy", source.ToString(), target.ToString());
        Assert.NotNull(await Store.FindAsync(target, default));
        await FailsAsync(ErrorKind.AlreadyExists, () => Store.CopyAsync(source, target, null, default));
        await RemovedWholeAsync(target);
        await Store.CopyAsync(source, target, null, default);
        Assert.Equal(Pattern(0, 4 * MiB), await ReadAsync(Store, target, 0, 4 * MiB));
    }

    [Fact]
    public async Task A_process_killed_in_a_removal_has_removed_the_name_and_the_next_connection_the_data()
    {
        var volume = await CreateAsync(MiB, MiB);
        var id = await Store.FindAsync(volume, default);
        await KillAtAsync("remove-entered", "remove", volume.ToString());
        Assert.Null(await Store.FindAsync(volume, default));
        Assert.Contains(DataFiles, file => file.StartsWith($"{id}.", StringComparison.Ordinal));
        await ConnectAsync("sweeper");
        Assert.DoesNotContain(DataFiles, file => file.StartsWith($"{id}.", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_fenced_copy_that_makes_its_file_late_leaves_nothing_once_it_is_dead()
    {
        var source = await CreateAsync(MiB, MiB);
        var target = Fresh("late");
        await using (var child = await ChildProcess.SleepAtAsync(fixture.Directory, "copy-entered", "copy", source.ToString(), target.ToString()))
        {
            var id = await Store.FindAsync(target, default);
            await Store.FenceAsync(child.Address, TimeSpan.FromHours(1), default).WaitAsync(Fixture.Limit);
            await Store.RemoveAsync(target, null, default);
            child.Wake();
            Assert.Equal("Fenced", await child.EndAsync());
            Assert.Contains(DataFiles, file => file.StartsWith($"{id}.", StringComparison.Ordinal));
            await child.Identity.KillAsync();
            await ConnectAsync("sweeper");
            Assert.DoesNotContain(DataFiles, file => file.StartsWith($"{id}.", StringComparison.Ordinal));
        }
    }

    [Fact]
    public async Task Counting_in_several_processes_loses_nothing_when_one_is_killed()
    {
        var key = FreshText("count");
        await using var first = await ChildProcess.BeginAsync(fixture.Directory, "count", key, "150");
        await using var second = await ChildProcess.BeginAsync(fixture.Directory, "count", key, "150");
        await using var victim = await ChildProcess.BeginAsync(fixture.Directory, "count", key, "1000000");
        await victim.Identity.KillAsync();
        Assert.Equal("done", await first.EndAsync());
        Assert.Equal("done", await second.EndAsync());
        var record = await Store.GetRecordAsync(key, default);
        Assert.True(int.Parse(Encoding.UTF8.GetString(record!.Value.Span), null) >= 300);
    }

    private async Task KillAtAsync(string step, params string[] work)
    {
        await using var child = await ChildProcess.SleepAtAsync(fixture.Directory, step, work);
        await child.Identity.KillAsync();
    }

    /// <summary>Removes an image and sees to it that no file of it is left after the next connection.</summary>
    private async Task RemovedWholeAsync(VolumeId volume)
    {
        var id = await Store.FindAsync(volume, default);
        await Store.RemoveAsync(volume, null, default);
        Assert.Null(await Store.FindAsync(volume, default));
        await ConnectAsync("sweeper");
        Assert.DoesNotContain(DataFiles, file => file.StartsWith($"{id}.", StringComparison.Ordinal));
    }
}
