using Mooring.Messages;
using Mooring.Storage;
using Mooring.Tests.Storage.Contract;

namespace Mooring.Tests.Storage.Ceph;

/// <summary>What a process that was killed while it changed a group leaves in Ceph, built by hand, and how the adapter goes on from it.</summary>
[NeedsCeph, Collection(CephCollection.Name)]
public sealed class CephGroupHalfStates(CephFixture fixture) : StoreContract(fixture), IDisposable
{
    private const byte ImageIncomplete = 1, SnapshotIncomplete = 0;

    private readonly string _scratch = Path.GetTempFileName();

    public void Dispose() => File.Delete(_scratch);

    [StoreFact]
    public async Task A_group_of_which_only_the_name_was_written_is_completed_or_removed()
    {
        var (group, header) = await MadeAsync();
        await RadosAsync("rm", header);
        Assert.Empty(await Store.GetGroupImagesAsync(group, default).WaitAsync(StepLimit));
        await Store.CreateGroupAsync(group, default).WaitAsync(StepLimit);
        await FailsAsync(ErrorKind.AlreadyExists, () => Store.CreateGroupAsync(group, default));
        await Store.AddToGroupAsync(group, await CreateAsync(), default).WaitAsync(StepLimit);

        await RadosAsync("rm", header);
        await Store.RemoveGroupAsync(group, default).WaitAsync(StepLimit);
        Assert.Null(await Store.FindGroupAsync(group, default).WaitAsync(StepLimit));
    }

    [StoreFact]
    public async Task An_image_that_is_half_in_a_group_is_put_in_or_taken_out()
    {
        var (group, header) = await MadeAsync();
        var volume = await CreateAsync();
        await Store.AddToGroupAsync(group, volume, default).WaitAsync(StepLimit);
        await HalveAsync();
        await Store.AddToGroupAsync(group, volume, default).WaitAsync(StepLimit);
        Assert.True(Assert.Single(await Store.GetGroupImagesAsync(group, default).WaitAsync(StepLimit)).IsComplete);
        await HalveAsync();
        await Store.RemoveFromGroupAsync(group, volume, default).WaitAsync(StepLimit);
        Assert.Empty(await Store.GetGroupImagesAsync(group, default).WaitAsync(StepLimit));
        await Store.RemoveAsync(volume, null, default).WaitAsync(StepLimit);

        async Task HalveAsync()
        {
            await File.WriteAllBytesAsync(_scratch, [ImageIncomplete]);
            await RadosAsync("setomapval", header, await KeyAsync(header, "image_"), "--input-file", _scratch);
            Assert.False(Assert.Single(await Store.GetGroupImagesAsync(group, default).WaitAsync(StepLimit)).IsComplete);
        }
    }

    [StoreFact]
    public async Task A_snapshot_that_was_not_made_to_its_end_is_removed_and_made_again()
    {
        const string Name = "s";
        var (group, header) = await MadeAsync();
        var volume = await CreateAsync();
        await Store.AddToGroupAsync(group, volume, default).WaitAsync(StepLimit);
        await Store.CreateGroupSnapshotAsync(group, Name, default).WaitAsync(StepLimit);
        var id = Assert.Single(await Store.GetGroupSnapshotsAsync(group, default).WaitAsync(StepLimit)).Id;
        var key = await KeyAsync(header, "snapshot_");
        await RadosAsync("getomapval", header, key, _scratch);
        var record = await File.ReadAllBytesAsync(_scratch);
        // Behind the structure's head, the id and the name.
        record[6 + 4 + id.Length + 4 + Name.Length] = SnapshotIncomplete;
        await File.WriteAllBytesAsync(_scratch, record);
        await RadosAsync("setomapval", header, key, "--input-file", _scratch);

        Assert.Equal(new GroupSnapshot(id, Name, false), Assert.Single(await Store.GetGroupSnapshotsAsync(group, default).WaitAsync(StepLimit)));
        await FailsAsync(ErrorKind.InvalidArgument, () => Store.RollBackGroupAsync(group, Name, null, default));
        await Store.RemoveGroupSnapshotAsync(group, Name, default).WaitAsync(StepLimit);
        await Store.CreateGroupSnapshotAsync(group, Name, default).WaitAsync(StepLimit);
        Assert.True(Assert.Single(await Store.GetGroupSnapshotsAsync(group, default).WaitAsync(StepLimit)).IsComplete);
        // The rbd command sees one of the image's too, and no more.
        Assert.Equal(1, (await fixture.RunAsync("rbd", "snap", "ls", "--all", $"{volume}")).Split(".group.").Length - 1);
        await Store.RemoveGroupSnapshotAsync(group, Name, default).WaitAsync(StepLimit);
        Assert.DoesNotContain(".group.", await fixture.RunAsync("rbd", "snap", "ls", "--all", $"{volume}"), StringComparison.Ordinal);
    }

    [StoreFact]
    public async Task A_snapshot_that_was_half_removed_is_not_rolled_back_to_and_leaves_nothing()
    {
        const string Name = "s";
        for (var tries = 0; ; tries++)
        {
            var (group, _) = await MadeAsync();
            var volume = await CreateAsync();
            await Store.AddToGroupAsync(group, volume, default).WaitAsync(StepLimit);
            await Store.CreateGroupSnapshotAsync(group, Name, default).WaitAsync(StepLimit);
            using var client = fixture.Start("rbd", "group", "snap", "rm", $"{group}@{Name}");
            while (!client.HasExited && !await IsHalfRemovedAsync())
            {
            }
            client.Kill();
            await client.WaitForExitAsync();
            if (!await IsHalfRemovedAsync() || (await Store.GetGroupSnapshotsAsync(group, default)).Count == 0)
            {
                Assert.True(tries < 20, "it was always faster");
                continue;
            }
            await FailsAsync(ErrorKind.InvalidArgument, () => CephFixture.PastDeadClientAsync(Store, () => Store.RollBackGroupAsync(group, Name, null, default)));
            await Store.RemoveGroupSnapshotAsync(group, Name, default).WaitAsync(StepLimit);
            Assert.False(await IsHalfRemovedAsync());
            return;

            async Task<bool> IsHalfRemovedAsync() =>
                (await fixture.RunAsync("rbd", "snap", "ls", "--all", $"{volume}")).Contains("trash", StringComparison.Ordinal);
        }
    }

    [StoreFact]
    public async Task What_the_rbd_command_has_grouped_is_seen_and_the_other_way_round()
    {
        var (group, volume) = (Fresh("group"), await CreateAsync());
        await fixture.RunAsync("rbd", "group", "create", $"{group}");
        await fixture.RunAsync("rbd", "group", "image", "add", $"{group}", $"{volume}");
        await fixture.RunAsync("rbd", "group", "snap", "create", $"{group}@theirs");
        await Store.CreateGroupSnapshotAsync(group, "ours", default).WaitAsync(StepLimit);

        Assert.Equal(volume, Assert.Single(await Store.GetGroupImagesAsync(group, default).WaitAsync(StepLimit)).Volume);
        Assert.Equal(["ours", "theirs"], (await Store.GetGroupSnapshotsAsync(group, default).WaitAsync(StepLimit)).Where(s => s.IsComplete).Select(s => s.Name).Order());
        var listed = await fixture.RunAsync("rbd", "group", "snap", "ls", $"{group}");
        Assert.Contains("ours", listed, StringComparison.Ordinal);
        Assert.Contains("theirs", listed, StringComparison.Ordinal);
    }

    private async Task<(VolumeId Group, string Header)> MadeAsync()
    {
        var group = Fresh("group");
        await Store.CreateGroupAsync(group, default).WaitAsync(StepLimit);
        return (group, $"rbd_group_header.{await Store.FindGroupAsync(group, default).WaitAsync(StepLimit)}");
    }

    private async Task<string> KeyAsync(string header, string prefix) =>
        (await RadosAsync("listomapkeys", header)).Split('\n').Single(key => key.StartsWith(prefix, StringComparison.Ordinal));

    private Task<string> RadosAsync(params string[] arguments) => fixture.RunAsync("rados", ["-p", fixture.Pool, .. arguments]);
}
