using Mooring.Messages;
using Mooring.Storage;
using Mooring.Tests.Storage.Contract;

namespace Mooring.Tests.Storage.Ceph;

/// <summary>Images of which parts are missing: shown as what they are, and removed with all that is left of them.</summary>
[NeedsCeph, Collection(CephCollection.Name)]
public sealed class CephDamagedImages(CephFixture fixture) : StoreContract(fixture)
{
    [StoreFact]
    public async Task An_image_without_its_header_is_listed_as_damaged_and_removed_with_its_data()
    {
        var (volume, id) = await MadeAsync();
        // Of an image whose id begins like this one's.
        await RadosAsync("create", $"rbd_object_map.{id}0");
        await RadosAsync("rm", $"rbd_header.{id}");
        await IsDamagedAsync(volume, $"rbd_header.{id}");

        await Store.RemoveDamagedAsync(volume, null, default).WaitAsync(StepLimit);

        await RadosAsync("rm", $"rbd_object_map.{id}0");
        await IsGoneAsync(volume, id);
    }

    [StoreFact]
    public async Task An_image_without_the_object_that_names_it_is_listed_as_damaged_and_removed()
    {
        var (volume, id) = await MadeAsync();
        await RadosAsync("rm", $"rbd_id.{volume.Image}");
        Assert.Contains($"rbd_id.{volume.Image}", await Store.ExamineAsync(volume, default), StringComparison.Ordinal);
        await FailsAsync(ErrorKind.NotFound, () => Store.GetAsync(volume, default));

        await Store.RemoveDamagedAsync(volume, null, default).WaitAsync(StepLimit);

        await IsGoneAsync(volume, id);
    }

    [StoreFact]
    public async Task Data_in_another_pool_are_removed_too()
    {
        var volume = Fresh();
        await Store.CreateAsync(volume, 8 * MiB, new ImageLayout(DataPool: Fixture.OtherPool), default);
        await Store.WriteAsync(volume, 0, Pattern(0, MiB), default);
        var id = (await Store.FindAsync(volume, default))!.Value.Value;
        Assert.Contains(id, await ObjectsAsync(Fixture.OtherPool), StringComparison.Ordinal);
        await RadosAsync("rm", $"rbd_header.{id}");

        await Store.RemoveDamagedAsync(volume, null, default).WaitAsync(StepLimit);

        await IsGoneAsync(volume, id);
    }

    [StoreFact]
    public async Task A_whole_image_is_removed_as_any_other()
    {
        var (volume, id) = await MadeAsync();
        await Store.RemoveDamagedAsync(volume, null, default).WaitAsync(StepLimit);
        await IsGoneAsync(volume, id);
    }

    [StoreFact]
    public async Task A_clone_says_what_it_was_made_from_and_its_parent_what_was_made_of_it()
    {
        var (parent, _) = await MadeAsync();
        var child = Fresh("clone");
        await RbdAsync("snap", "create", $"{parent}@snap 1");
        await RbdAsync("snap", "protect", $"{parent}@snap 1");
        await RbdAsync("clone", $"{parent}@snap 1", $"{child}");

        Assert.Equal($"{parent}@snap 1", (await Store.GetAsync(child, default)).Parent);
        var ties = await Store.GetTiesAsync(parent, default);

        await RbdAsync("flatten", "--no-progress", $"{child}");
        Assert.Null((await Store.GetAsync(child, default)).Parent);
    }

    [StoreFact]
    public async Task A_name_that_is_not_UTF8_breaks_no_list()
    {
        var stem = FreshText("odd");
        string[] good = [.. Enumerable.Range(0, 3).Select(i => $"{stem}{i}")];
        foreach (var name in good)
            await Store.CreateAsync(new VolumeId(Fixture.Pool, "", name), MiB, default);
        await ShellAsync($"rbd create -s 1M \"$(printf '{Fixture.Pool}/{stem}0\\377')\" && rbd create -s 1M \"$(printf '{Fixture.Pool}/{stem}2\\377')\"");

        var seen = new List<ListedImage>();
        for (var after = stem; ;)
        {
            var page = (await Store.ListImagesAsync(Fixture.Pool, "", after, 1, default)).TakeWhile(image => image.Name.StartsWith(stem, StringComparison.Ordinal)).ToList();
            seen.AddRange(page);
            if (!page.Exists(image => image.CanBeNamed))
                break;
            after = page.Last(image => image.CanBeNamed).Name;
        }

        Assert.Equal(good, seen.Where(image => image.CanBeNamed).Select(image => image.Name));
        Assert.Equal([$"{stem}0\\xff", $"{stem}2\\xff"], seen.Where(image => !image.CanBeNamed).Select(image => image.Name).Distinct());
        await ShellAsync($"rbd rm --no-progress \"$(printf '{Fixture.Pool}/{stem}0\\377')\" && rbd rm --no-progress \"$(printf '{Fixture.Pool}/{stem}2\\377')\"");
    }

    [StoreFact]
    public async Task A_namespace_that_was_left_half_made_is_completed()
    {
        var name = FreshText("half");
        await Store.CreateNamespaceAsync(Fixture.Pool, name, default);
        await fixture.RunAsync("rados", "-p", Fixture.Pool, "-N", name, "rm", "rbd_directory");

        await Store.CreateNamespaceAsync(Fixture.Pool, name, default);

        await RbdAsync("create", "-s", "1M", $"{Fixture.Pool}/{name}/image");
        Assert.Equal(["image"], await Store.ListAsync(Fixture.Pool, name, null, 10, default));
    }

    [StoreFact]
    public async Task A_move_to_the_trash_that_was_cut_short_is_completed()
    {
        var (volume, id) = await MadeAsync();
        await Store.MoveToTrashAsync(volume, TimeSpan.Zero, default);
        // TrashImageSpec ends with its state: from 0, normal, back to 1, moving.
        await ShellAsync(
            $"rados -p {Fixture.Pool} getomapval rbd_trash id_{id} /tmp/{id} && printf '\\001' | dd of=/tmp/{id} bs=1 seek=$(($(stat -c %s /tmp/{id}) - 1)) conv=notrunc"
            + $" && rados -p {Fixture.Pool} setomapval rbd_trash id_{id} < /tmp/{id} && rm /tmp/{id}");
        Assert.True((await Store.FindInTrashAsync(volume.Pool, "", new ImageId(id), default))!.Moving);

        await Store.MoveToTrashAsync(volume, TimeSpan.Zero, default);

        Assert.False((await Store.FindInTrashAsync(volume.Pool, "", new ImageId(id), default))!.Moving);
        await Store.RestoreFromTrashAsync(new ImageId(id), volume, default);
    }

    private async Task<(VolumeId Volume, string Id)> MadeAsync()
    {
        var volume = await CreateAsync(8 * MiB, MiB);
        return (volume, (await Store.FindAsync(volume, default))!.Value.Value);
    }

    private async Task IsDamagedAsync(VolumeId volume, string what)
    {
        var listed = (await Store.ListImagesAsync(volume.Pool, "", volume.Image[..^1], 1, default))[0];
        Assert.Equal((volume.Image, null), (listed.Name, listed.Info));
        Assert.Contains(what, listed.Damage, StringComparison.Ordinal);
        Assert.Equal(listed.Damage, await Store.ExamineAsync(volume, default));
        await FailsAsync(ErrorKind.NotFound, () => Store.GetAsync(volume, default));
    }

    private async Task IsGoneAsync(VolumeId volume, string id)
    {
        Assert.Null(await Store.FindAsync(volume, default));
        Assert.DoesNotContain(volume.Image, await Store.ListAsync(volume.Pool, "", volume.Image[..^1], 10, default));
        foreach (var pool in new[] { Fixture.Pool, Fixture.OtherPool })
            Assert.DoesNotContain(id, await ObjectsAsync(pool), StringComparison.Ordinal);
        await Store.CreateAsync(volume, MiB, default);
    }

    private Task<string> ObjectsAsync(string pool) => fixture.RunAsync("rados", "-p", pool, "ls");

    private Task<string> RadosAsync(params string[] arguments) => fixture.RunAsync("rados", ["-p", Fixture.Pool, .. arguments]);

    private Task<string> RbdAsync(params string[] arguments) => fixture.RunAsync("rbd", arguments);

    private async Task ShellAsync(string script)
    {
        using var process = System.Diagnostics.Process.Start(new System.Diagnostics.ProcessStartInfo("bash", ["-c", script])
        {
            Environment = { ["CEPH_CONF"] = fixture.Options.ConfigFile },
        })!;
        await process.WaitForExitAsync().WaitAsync(StepLimit);
        Assert.Equal(0, process.ExitCode);
    }
}
