using Mooring.Messages;
using Mooring.Storage;
using Mooring.Tests.Storage.Contract;

namespace Mooring.Tests.Storage.Ceph;

/// <summary>What a process that was killed in the middle leaves in Ceph, built by hand, and how the adapter goes on from it.</summary>
[NeedsCeph, Collection(CephCollection.Name)]
public sealed class CephHalfStates(CephFixture fixture) : StoreContract(fixture), IDisposable
{
    private readonly string _scratch = Path.GetTempFileName();

    public void Dispose() => File.Delete(_scratch);

    [StoreFact]
    public async Task An_image_with_a_cache_is_not_opened()
    {
        var (volume, _) = await MadeAsync();
        await fixture.RunAsync("rbd", "config", "image", "set", $"{volume}", "rbd_cache", "true");
        await FailsAsync(ErrorKind.InvalidArgument, () => Store.OpenAsync(volume, readOnly: false, default));
        await fixture.RunAsync("rbd", "config", "image", "remove", $"{volume}", "rbd_cache");
        await using var image = await Store.OpenAsync(volume, readOnly: false, default);
    }

    [StoreFact]
    public async Task An_image_of_which_only_the_name_was_written_is_found_and_can_be_removed()
    {
        var (volume, id) = await MadeAsync();
        await DropHeaderAsync(id);
        await DropFromDirectoryAsync(volume, id);
        await IsFoundAndCanBeRemovedAsync(volume, id);
    }

    [StoreFact]
    public async Task An_image_without_its_header_is_found_and_can_be_removed()
    {
        var (volume, id) = await MadeAsync();
        await DropHeaderAsync(id);
        await IsFoundAndCanBeRemovedAsync(volume, id);
    }

    [StoreFact]
    public async Task An_image_that_only_the_directory_still_knows_is_found_and_can_be_removed()
    {
        var (volume, id) = await MadeAsync();
        await DropHeaderAsync(id);
        await RadosAsync("rm", $"rbd_id.{volume.Image}");
        await IsFoundAndCanBeRemovedAsync(volume, id);
    }

    [StoreFact]
    public async Task An_image_without_its_object_map_can_be_removed()
    {
        var (volume, id) = await MadeAsync();
        await RadosAsync("rm", $"rbd_object_map.{id}");
        await Store.RemoveAsync(volume, null, default).WaitAsync(StepLimit);
        Assert.Null(await Store.FindAsync(volume, default));
    }

    [StoreFact]
    public async Task A_rename_that_only_wrote_the_new_name_is_completed()
    {
        var (from, id) = await MadeAsync();
        var to = Fresh("to");
        await CopyIdAsync(from, to);
        await Store.RenameAsync(from, to, default);
        await IsRenamedAsync(from, to, id);
    }

    [StoreFact]
    public async Task A_rename_that_only_left_the_old_name_is_completed()
    {
        var (from, id) = await MadeAsync();
        var to = Fresh("to");
        await Store.RenameAsync(from, to, default);
        await CopyIdAsync(to, from);
        await Store.RenameAsync(from, to, default);
        await IsRenamedAsync(from, to, id);
    }

    [StoreFact]
    public async Task A_snapshot_that_was_half_removed_is_swept_and_does_not_keep_its_image()
    {
        var (swept, removed) = (await WithHalfRemovedSnapshotAsync(), await WithHalfRemovedSnapshotAsync());
        await Store.MendSnapshotsAsync(swept, default).WaitAsync(StepLimit);
        Assert.DoesNotContain("trash", await ((CephFixture)Fixture).RunAsync("rbd", "snap", "ls", "--all", $"{swept}"), StringComparison.Ordinal);
        await Store.RemoveAsync(removed, null, default).WaitAsync(StepLimit);
        Assert.Null(await Store.FindAsync(removed, default));
        var trashed = await WithHalfRemovedSnapshotAsync();
        var id = (await Store.FindAsync(trashed, default))!.Value;
        await Store.MoveToTrashAsync(trashed, TimeSpan.Zero, default).WaitAsync(StepLimit);
        await Store.RemoveFromTrashAsync(trashed.Pool, "", id, force: false, null, default).WaitAsync(StepLimit);
        // What a clone needs is none.
        await Store.CreateSnapshotAsync(swept, "s", default).WaitAsync(StepLimit);
        var clone = Fresh("clone");
        await Store.CloneAsync(swept, "s", clone, default).WaitAsync(StepLimit);
        await Store.RemoveSnapshotAsync(swept, "s", default).WaitAsync(StepLimit);
        await Store.MendSnapshotsAsync(swept, default).WaitAsync(StepLimit);
        Assert.Equal(Pattern(0, MiB), await ReadAsync(Store, clone, 0, MiB));
    }

    [StoreFact]
    public async Task A_snapshot_that_was_half_made_is_read_and_cloned_and_completed()
    {
        var (volume, id) = await MadeAsync();
        await Store.CreateSnapshotAsync(volume, "s", default).WaitAsync(StepLimit);
        await Store.WriteAsync(volume, 0, Pattern(0, MiB, seed: 9), default);
        var map = $"rbd_object_map.{id}.{(await Store.GetSnapshotsAsync(volume, default)).Find("s")!.Id.Value:x16}";

        await RadosAsync("rm", map);
        await using (var view = await Store.OpenViewAsync(volume, "s", default))
        {
            var bytes = new byte[MiB];
            await view.ReadAsync(0, bytes, default);
            Assert.Equal(Pattern(0, MiB), bytes);
        }
        var clone = Fresh("clone");
        await Store.CloneAsync(volume, "s", clone, default).WaitAsync(StepLimit);
        Assert.Equal(Pattern(0, MiB), await ReadAsync(Store, clone, 0, MiB));

        await RadosAsync("rm", map);
        await Store.MendSnapshotsAsync(volume, default).WaitAsync(StepLimit);
        await RadosAsync("stat", map);
        Assert.DoesNotContain("invalid", await fixture.RunAsync("rbd", "info", $"{volume}@s"), StringComparison.Ordinal);
        await FailsAsync(ErrorKind.NotFound, () => Store.OpenViewAsync(volume, "t", default));
    }

    [StoreFact]
    public async Task An_image_without_what_is_made_after_its_header_is_not_complete()
    {
        foreach (var (layout, part) in new (ImageLayout, string)[]
        {
            (new ImageLayout(MiB, ["layering", "exclusive-lock"], 1 << 16, 4), "stripe_unit"),
            (new ImageLayout(Features: ["layering", "exclusive-lock", "object-map"]), "rbd_object_map."),
            (new ImageLayout(Features: ["layering", "exclusive-lock", "journaling"]), "journal."),
        })
        {
            var volume = Fresh();
            await Store.CreateAsync(volume, 8 * MiB, layout, default).WaitAsync(StepLimit);
            var id = (await Store.FindAsync(volume, default))!.Value;
            Assert.True(await Store.IsCompleteAsync(volume, default));
            await RadosAsync(part.EndsWith('.') ? ["rm", part + id] : ["rmomapkey", $"rbd_header.{id}", part]);
            Assert.False(await Store.IsCompleteAsync(volume, default));
            // It is made again.
            await Store.RemoveAsync(volume, null, default).WaitAsync(StepLimit);
            Assert.Null(await Store.FindAsync(volume, default));
        }
    }

    [StoreFact]
    public async Task Switching_several_features_off_goes_on_where_the_journal_is_gone()
    {
        var volume = Fresh();
        await Store.CreateAsync(volume, 8 * MiB, new ImageLayout(Features: ["layering", "exclusive-lock", "journaling"]), default);
        await RadosAsync("rm", $"journal.{await Store.FindAsync(volume, default)}");
        await Store.UpdateFeaturesAsync(volume, ["exclusive-lock", "journaling"], enabled: false, default).WaitAsync(StepLimit);
        Assert.Equal(["layering"], (await Store.GetAsync(volume, default)).Features);
    }

    [StoreFact]
    public async Task A_removal_that_was_killed_is_found_in_the_trash_and_ended_from_there()
    {
        var fixture = (CephFixture)Fixture;
        for (var tries = 0; ; tries++)
        {
            var volume = await CreateAsync(128 * MiB, 128 * MiB);
            var id = (await Store.FindAsync(volume, default))!.Value;
            using var client = fixture.Start("rbd", "--rbd-concurrent-management-ops", "1", "rm", $"{volume}");
            while (!client.HasExited && await Store.FindAsync(volume, default) is not null)
                await Task.Delay(1);
            client.Kill();
            await client.WaitForExitAsync();
            if (await Store.FindInTrashAsync(volume.Pool, "", id, default) is not { } left)
            {
                Assert.True(tries < 20, "it was always faster");
                continue;
            }
            Assert.Equal((true, volume.Image), (left.Removing, left.Name));
            await CephFixture.PastDeadClientAsync(Store, () => Store.RemoveFromTrashAsync(volume.Pool, "", id, force: true, null, default).WaitAsync(StepLimit));
            Assert.DoesNotContain($"rbd_data.{id}.", await RadosAsync("ls"), StringComparison.Ordinal);
            return;
        }
    }

    [StoreFact]
    public async Task An_image_whose_move_to_the_trash_only_missed_its_last_step_can_be_removed()
    {
        var (volume, id) = await MadeAsync();
        await Store.MoveToTrashAsync(volume, TimeSpan.Zero, default).WaitAsync(StepLimit);
        await RadosAsync("getomapval", "rbd_trash", $"id_{id}", _scratch);
        // cls_rbd_trash_image_spec ends with the state: 1 while it is being moved.
        var record = await File.ReadAllBytesAsync(_scratch);
        Assert.Equal(0, record[^1]);
        record[^1] = 1;
        await File.WriteAllBytesAsync(_scratch, record);
        await RadosAsync("setomapval", "rbd_trash", $"id_{id}", "--input-file", _scratch);
        Assert.True((await Store.FindInTrashAsync(volume.Pool, "", new ImageId(id), default))!.Moving);

        await Store.RemoveFromTrashAsync(volume.Pool, "", new ImageId(id), force: false, null, default).WaitAsync(StepLimit);

        Assert.Null(await Store.FindInTrashAsync(volume.Pool, "", new ImageId(id), default));
        Assert.DoesNotContain($"rbd_data.{id}.", await RadosAsync("ls"), StringComparison.Ordinal);
    }

    [StoreFact]
    public async Task What_a_resize_asked_for_space_with_goes_with_the_next_or_with_the_image()
    {
        var (volume, id) = await MadeAsync();
        var left = $"mooring.space.{id}";
        await File.WriteAllBytesAsync(_scratch, [0]);
        await RadosAsync("put", left, _scratch);
        await Store.ResizeAsync(volume, 16 * MiB, Shrinking.Never, null, default).WaitAsync(StepLimit);
        Assert.DoesNotContain(left, await RadosAsync("ls"), StringComparison.Ordinal);

        await RadosAsync("put", left, _scratch);
        await Store.RemoveAsync(volume, null, default).WaitAsync(StepLimit);
        Assert.DoesNotContain(left, await RadosAsync("ls"), StringComparison.Ordinal);

        (volume, id) = await MadeAsync();
        await RadosAsync("put", $"mooring.space.{id}", _scratch);
        await Store.MoveToTrashAsync(volume, TimeSpan.Zero, default).WaitAsync(StepLimit);
        await Store.RemoveFromTrashAsync(volume.Pool, "", new ImageId(id), force: false, null, default).WaitAsync(StepLimit);
        Assert.DoesNotContain("mooring.space.", await RadosAsync("ls"), StringComparison.Ordinal);
    }

    // As a client that died between giving it to the image's trash and removing it: nobody is cloned from it.
    private async Task<VolumeId> WithHalfRemovedSnapshotAsync()
    {
        var (volume, id) = await MadeAsync();
        await Store.CreateSnapshotAsync(volume, "s", default).WaitAsync(StepLimit);
        var snapshot = (await Store.GetSnapshotsAsync(volume, default)).Find("s")!.Id.Value;
        var clone = Fresh("clone");
        await Store.CloneAsync(volume, "s", clone, default).WaitAsync(StepLimit);
        await Store.RemoveSnapshotAsync(volume, "s", default).WaitAsync(StepLimit);
        await DropHeaderAsync((await Store.FindAsync(clone, default))!.Value.Value);
        await Store.RemoveAsync(clone, null, default).WaitAsync(StepLimit);
        var (header, key) = ($"rbd_header.{id}", $"snapshot_{snapshot:x16}");
        await RadosAsync("rmomapkey", header, $"snap_children_{snapshot:x16}");
        await RadosAsync("getomapval", header, key, _scratch);
        // cls_rbd_snap ends with the count of its clones and an absent overlap.
        var record = await File.ReadAllBytesAsync(_scratch);
        Assert.Equal([1, 0, 0, 0, 0], record[^5..]);
        record[^5] = 0;
        await File.WriteAllBytesAsync(_scratch, record);
        await RadosAsync("setomapval", header, key, "--input-file", _scratch);
        return volume;
    }

    [StoreFact]
    public async Task What_the_object_map_names_and_was_never_written_is_not_lost_by_flattening()
    {
        var (parent, _) = await MadeAsync();
        await Store.CreateSnapshotAsync(parent, "s", default).WaitAsync(StepLimit);
        var clone = Fresh("clone");
        await Store.CloneAsync(parent, "s", clone, default).WaitAsync(StepLimit);
        // As a client that died between the map and the object left it.
        await Store.WriteAsync(clone, 0, Pattern(0, 4096, seed: 9), default);
        await RadosAsync("rm", $"rbd_data.{await Store.FindAsync(clone, default)}.{0:x16}");
        Assert.Equal(Pattern(0, MiB), await ReadAsync(Store, clone, 0, MiB));

        await Store.FlattenAsync(clone, null, default).WaitAsync(StepLimit);

        Assert.Equal(Pattern(0, MiB), await ReadAsync(Store, clone, 0, MiB));
    }

    [StoreFact]
    public async Task Who_has_an_image_open_for_a_moment_does_not_keep_it()
    {
        var (volume, _) = await MadeAsync();
        await using var other = await ConnectAsync("other");
        var open = await other.OpenAsync(volume, readOnly: false, default);
        await open.WriteAsync(0, Pattern(0, 4096), default);
        var removal = Store.RemoveAsync(volume, null, default);
        // It has been seen to be open by then; otherwise there was nothing to wait for.
        await Task.Delay(200);
        await open.DisposeAsync();
        await removal.WaitAsync(StepLimit);
        Assert.Null(await Store.FindAsync(volume, default));
    }

    [StoreFact]
    public async Task A_killed_clients_watch_keeps_its_image_busy_until_it_is_fenced()
    {
        var volume = await CreateAsync(64 * MiB);
        using var client = ((CephFixture)Fixture).Start(
            "rbd", "bench", "--io-type", "write", "--io-size", "4096", "--io-threads", "1", "--io-total", "1G", $"{volume.Pool}/{volume.Image}");
        await UntilAsync("the client opens the image", async () =>
            (await ((CephFixture)Fixture).RunAsync("rbd", "status", $"{volume.Pool}/{volume.Image}")).Contains("watcher=", StringComparison.Ordinal));
        Assert.False(client.HasExited, "the client ended before it was killed");
        client.Kill();
        await client.WaitForExitAsync();
        var busy = await FailsAsync(ErrorKind.Busy, () => Store.RemoveAsync(volume, null, default));

        await Store.FenceAsync(CephFixture.ClientIn(busy), TimeSpan.FromHours(1), default).WaitAsync(Fixture.Limit);
        await Store.RemoveAsync(volume, null, default).WaitAsync(Fixture.Limit);
        Assert.Null(await Store.FindAsync(volume, default));
    }

    private async Task<(VolumeId Volume, string Id)> MadeAsync()
    {
        var volume = await CreateAsync(8 * MiB, MiB);
        return (volume, (await Store.FindAsync(volume, default))!.Value.Value);
    }

    private async Task IsFoundAndCanBeRemovedAsync(VolumeId volume, string id)
    {
        Assert.Equal(id, (await Store.FindAsync(volume, default))?.Value);
        await FailsAsync(ErrorKind.NotFound, () => Store.GetAsync(volume, default));
        await FailsAsync(ErrorKind.AlreadyExists, () => Store.CreateAsync(volume, MiB, default));
        await Store.RemoveAsync(volume, null, default).WaitAsync(StepLimit);
        Assert.Null(await Store.FindAsync(volume, default));
        Assert.DoesNotContain(volume.Image, await Store.ListAsync(volume.Pool, "", volume.Image[..^1], 10, default));
        await Store.CreateAsync(volume, MiB, default);
        Assert.NotEqual(id, (await Store.FindAsync(volume, default))?.Value);
    }

    private async Task IsRenamedAsync(VolumeId from, VolumeId to, string id)
    {
        Assert.Null(await Store.FindAsync(from, default));
        Assert.Equal(id, (await Store.FindAsync(to, default))?.Value);
        Assert.Equal(Pattern(0, MiB), await ReadAsync(Store, to, 0, MiB));
        Assert.Contains(to.Image, await Store.ListAsync(to.Pool, "", to.Image[..^1], 10, default));
        Assert.DoesNotContain(from.Image, await Store.ListAsync(from.Pool, "", from.Image[..^1], 10, default));
        await Store.CreateAsync(from, MiB, default);
        await Store.RemoveAsync(to, null, default).WaitAsync(StepLimit);
    }

    private Task DropHeaderAsync(string id) => RadosAsync("rm", $"rbd_header.{id}", $"rbd_object_map.{id}");

    private async Task DropFromDirectoryAsync(VolumeId volume, string id)
    {
        await RadosAsync("rmomapkey", "rbd_directory", $"name_{volume.Image}");
        await RadosAsync("rmomapkey", "rbd_directory", $"id_{id}");
    }

    private async Task CopyIdAsync(VolumeId from, VolumeId to)
    {
        await RadosAsync("get", $"rbd_id.{from.Image}", _scratch);
        await RadosAsync("put", $"rbd_id.{to.Image}", _scratch);
    }

    private Task<string> RadosAsync(params string[] arguments) => ((CephFixture)Fixture).RunAsync("rados", ["-p", Fixture.Pool, .. arguments]);
}
