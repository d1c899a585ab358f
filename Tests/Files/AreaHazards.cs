using System.Buffers.Binary;
using Mooring.Messages;
using Mooring.Storage;
using Mooring.Storage.Files;

namespace Mooring.Tests.Files;

/// <summary>What may go wrong: late writes of a replaced writer, damage, no space, readers that lag, failing requests.</summary>
public sealed class AreaHazards : AreaTest
{
    [Fact]
    public async Task A_late_write_of_a_replaced_writer_is_never_taken_for_valid()
    {
        for (var late = 1; late <= 60; late++)
        {
            var image = await FormattedAsync(4 * MiB);
            var predecessor = await OpenAsync(image, 1);
            var layout = (await AreaImage.ReadSuperblockAsync(image, default)).Layout;
            // Content and checkpoints that come late are what fencing is for; log and superblock must stand it by themselves.
            var count = 0;
            image.Holds = offset => (offset < layout.LogStart || (offset >= layout.LogStart && offset < layout.CheckpointStart)) && ++count == late;
            var working = WorkAsync(predecessor, 40);
            if (await Task.WhenAny(working, image.Held) == working)
            {
                // Fewer requests than that: done.
                await predecessor.DisposeAsync();
                Assert.InRange(late, 30, 60);
                return;
            }
            image.Holds = _ => false;
            await using var successor = await OpenAsync(image, 2);
            await successor.WriteFileAsync("/own", Bytes(1, 2000), Now, false, default);
            image.ReleaseHeld();
            var thrown = await Record.ExceptionAsync(() => working);
            Assert.True(thrown is BlockStoreException { Kind: ErrorKind.Fenced } or null, $"{late}: {thrown}");
            await successor.WriteFileAsync("/own2", Bytes(2, 2000), Now, false, default);
            await predecessor.DisposeAsync();

            using var reader = await AreaReader.OpenAsync(image, null, default);
            Assert.Equal(successor.Position, reader.Position);
            Assert.Equal(Bytes(1, 2000), await ReadAllAsync(reader, "/own"));
            Assert.Equal(Bytes(2, 2000), await ReadAllAsync(reader, "/own2"));
            Assert.Equal(successor.Tree.EntryCount, reader.Tree.EntryCount);
            var report = await AreaCheck.RunAsync(image, null, default);
            Assert.True(report.IsClean, $"{late}: {string.Join("; ", report.Findings)}");
        }
        Assert.Fail("the workload has more requests than were tried");

        static async Task WorkAsync(AreaWriter writer, int files)
        {
            for (var i = 0; i < files; i++)
            {
                await writer.WriteFileAsync($"/f{i}", Bytes(i, 900), Now, false, default);
                if (i == files / 2)
                    await writer.CheckpointAsync();
            }
        }
    }

    [Fact]
    public async Task A_writer_that_slept_past_its_fence_acknowledges_nothing()
    {
        var image = await FormattedAsync();
        await using var sleeper = await OpenAsync(image, 1);
        await sleeper.WriteFileAsync("/a", Bytes(1, 100), Now, false, default);
        await using var successor = await OpenAsync(image, 2);
        await FailsAsync(ErrorKind.Fenced, () => sleeper.WriteFileAsync("/a", Bytes(2, 100), Now, false, default));
        await FailsAsync(ErrorKind.Fenced, () => sleeper.WriteFileAsync("/a", Bytes(2, 100), Now, false, default));
        Assert.Equal(ErrorKind.Fenced, sleeper.Broken!.Kind);
        Assert.Equal(Bytes(1, 100), await ReadAllAsync(successor, "/a"));
        using var reader = await AreaReader.OpenAsync(image, null, default);
        Assert.Equal(successor.Position, reader.Position);
    }

    [Fact]
    public async Task Writers_come_and_go_more_often_than_the_superblock_has_room_for()
    {
        var image = await FormattedAsync();
        for (var epoch = 1; epoch <= 40; epoch++)
        {
            await using var writer = await OpenAsync(image, epoch);
            if (epoch % 3 == 0)
                await writer.AppendAsync("/log", Bytes(epoch, 10), Now, default);
        }
        using var reader = await AreaReader.OpenAsync(image, null, default);
        Assert.Equal(130, reader.Tree.Get("/log").SizeBytes);
        await AssertCleanAsync(image);
    }

    [Fact]
    public async Task Random_bytes_give_a_clear_error_or_nothing_worse_than_what_was_lost()
    {
        var whole = await WithContentAsync();
        var layout = (await AreaImage.ReadSuperblockAsync(whole, default)).Layout;
        for (var seed = 0; seed < 120; seed++)
        {
            var chance = new Random(seed);
            var image = whole.Copy();
            var start = (seed % 4) switch { 0 => 0, 1 => layout.LogStart, 2 => layout.CheckpointStart, _ => layout.DataStart };
            var length = (seed % 4) switch { 0 => 8192, 1 => 60_000, 2 => 2 * layout.CheckpointBytes, _ => 200_000 };
            var bytes = Bytes(seed, chance.Next(1, 600));
            for (var i = 0; i < 4; i++)
                image.Damage(start + chance.NextInt64(length - bytes.Length), bytes);
            await AssertStandsAsync(image);
        }
    }

    [Fact]
    public async Task Impossible_numbers_with_fitting_checksums_give_a_clear_error()
    {
        var whole = await WithContentAsync();
        var superblock = await AreaImage.ReadSuperblockAsync(whole, default);
        var region = superblock.Layout.CheckpointRegion(superblock.Checkpoint.Region);
        for (var seed = 0; seed < 160; seed++)
        {
            var chance = new Random(seed);
            var image = whole.Copy();
            var head = superblock.Encode();
            if (seed % 2 == 0)
            {
                Mutate(head.AsSpan(16, 400), chance);
            }
            else
            {
                var tree = new byte[superblock.Checkpoint.Bytes];
                await image.ReadAsync(region, tree, default);
                Mutate(tree, chance);
                image.Damage(region, tree);
                head = (superblock with { Checkpoint = superblock.Checkpoint with { Crc = Crc32C.Compute(tree) } }).Encode();
            }
            BinaryPrimitives.WriteUInt32LittleEndian(head.AsSpan(508), Crc32C.Compute(head.AsSpan(0, 508)));
            image.Damage(0, head);
            image.Damage(4096, head);
            await AssertStandsAsync(image);
        }
    }

    [Fact]
    public async Task Random_bytes_told_to_a_reader_are_refused()
    {
        var image = await FormattedAsync();
        await using var writer = await OpenAsync(image, 1);
        using var reader = await AreaReader.OpenAsync(image, null, default);
        await writer.WriteFileAsync("/a", Bytes(1, 100), Now, false, default);
        var before = reader.Position;
        for (var seed = 0; seed < 200; seed++)
        {
            var bytes = Told[^1].Bytes.ToArray();
            Mutate(bytes, new Random(seed));
            await FailsAsync(ErrorKind.InvalidArgument, () => reader.ApplyAsync(bytes, default));
            await FailsAsync(ErrorKind.InvalidArgument, () => reader.ApplyAsync(Bytes(seed, seed), default));
        }
        Assert.True(reader.Position.IsAtLeast(before));
        foreach (var batch in Told)
            await reader.ApplyAsync(batch.Bytes, default);
        Assert.Equal(writer.Position, reader.Position);
    }

    [Fact]
    public async Task When_the_space_is_used_up_nothing_is_half_written_and_removing_makes_room()
    {
        var image = await FormattedAsync(3 * MiB);
        await using var writer = await OpenAsync(image, 1);
        var written = 0;
        for (; ; written++)
        {
            var thrown = await Record.ExceptionAsync(() => writer.WriteFileAsync($"/f{written}", Bytes(written, 150_000), Now, true, default));
            if (thrown is null)
                continue;
            Assert.Equal(ErrorKind.NoSpace, Assert.IsType<BlockStoreException>(thrown).Kind);
            break;
        }
        Assert.InRange(written, 5, 30);
        Assert.Null(writer.Tree.Find($"/f{written}"));
        Assert.Null(writer.Broken);
        // Small content finds the rest, until that is gone too; then overwriting fails and the old content stays.
        var small = 0;
        while (await Record.ExceptionAsync(() => writer.WriteFileAsync($"/s{small}", Bytes(small, 4000), Now, true, default)) is null)
            small++;
        Assert.Equal(0, writer.FreeBytes);
        await FailsAsync(ErrorKind.NoSpace, () => writer.WriteFileAsync("/f0", Bytes(99, 150_000), Now, false, default));
        await FailsAsync(ErrorKind.NoSpace, () => writer.AppendAsync("/f1", Bytes(99, 10_000), Now, default));
        Assert.Equal(Bytes(0, 150_000), await ReadAllAsync(writer, "/f0"));
        await writer.CheckpointAsync();
        Assert.Null(writer.Broken);
        await writer.RemoveAsync("/f0", false, default);
        await writer.WriteFileAsync("/new", Bytes(7, 150_000), Now, true, default);
        Assert.Equal(Bytes(7, 150_000), await ReadAllAsync(writer, "/new"));
        await AssertCleanAsync(image);
    }

    [Fact]
    public async Task When_the_metadata_are_full_removing_makes_room()
    {
        var image = await FormattedAsync(8 * MiB);
        await using var writer = await OpenAsync(image, 1);
        var made = 0;
        var name = new string('n', 200);
        while (await Record.ExceptionAsync(() => writer.WriteFileAsync($"/{name}{made}", default, Now, true, default)) is null)
            made++;
        Assert.InRange(made, 100, 400);
        await writer.CheckpointAsync();
        Assert.Null(writer.Broken);
        await writer.RemoveAsync($"/{name}0", false, default);
        await writer.WriteFileAsync($"/{name}0", default, Now, true, default);
        await AssertCleanAsync(image);
    }

    [Fact]
    public async Task Content_that_does_not_fit_and_chunks_that_were_not_committed_leave_no_space_behind()
    {
        var image = await FormattedAsync();
        await using var writer = await OpenAsync(image, 1);
        var free = writer.FreeBytes;
        await FailsAsync(ErrorKind.NotFound, () => writer.WriteFileAsync("/no/file", Bytes(1, 100_000), Now, true, default));
        Assert.Equal(free, writer.FreeBytes);
        await using (var file = await writer.BeginWriteAsync("/f", resume: false, Now, default))
        {
            await file.WriteChunkAsync(Bytes(1, 100_000));
            Assert.True(writer.FreeBytes < free);
        }
        Assert.Equal(free, writer.FreeBytes);
        await using (var file = await writer.BeginWriteAsync("/f", resume: true, Now, default))
        {
            await file.WriteChunkAsync(Bytes(1, 100_000));
            await writer.RemoveAsync("/f", false, default);
            await FailsAsync(ErrorKind.NotFound, () => file.CommitAsync(Now));
        }
        Assert.Equal(free, writer.FreeBytes);
    }

    [Fact]
    public async Task A_reader_that_was_told_nothing_never_returns_what_another_file_has_by_now()
    {
        var image = await FormattedAsync(3 * MiB);
        await using var writer = await OpenAsync(image, 1);
        await writer.WriteFileAsync("/f", Bytes(0, 200_000), Now, true, default);
        await writer.WriteFileAsync("/s", Bytes(0, 3_000), Now, true, default);
        using var reader = await AreaReader.OpenAsync(image, null, default);
        var moved = 0;
        for (var i = 1; i < 60; i++)
        {
            await writer.WriteFileAsync("/f", Bytes(i, 200_000), Now, false, default);
            await writer.WriteFileAsync("/s", Bytes(i, 3_000), Now, false, default);
            if (i % 7 != 0)
                continue;
            var before = reader.Position;
            var version = Enumerable.Range(0, i + 1).Single(v => Bytes(v, 200_000).AsSpan().SequenceEqual(ReadAllAsync(reader, "/f").GetAwaiter().GetResult()));
            Assert.InRange(version, 0, i);
            var small = await ReadAllAsync(reader, "/s");
            Assert.Contains(Enumerable.Range(0, i + 1), v => Bytes(v, 3_000).AsSpan().SequenceEqual(small));
            moved += reader.Position != before ? 1 : 0;
        }
        // The space was used again, and that was noticed.
        Assert.True(moved > 0);
        await reader.CatchUpAsync(writer.Position, default);
        Assert.Equal(Bytes(59, 200_000), await ReadAllAsync(reader, "/f"));
    }

    [Fact]
    public async Task Damaged_content_is_found_by_reads_and_by_the_checker()
    {
        var image = await FormattedAsync();
        await using var writer = await OpenAsync(image, 1);
        await writer.WriteFileAsync("/f", Bytes(1, 200_000), Now, true, default);
        var extent = ((FileNode)writer.Tree.Find(writer.Tree.Get("/f").Id)!).Extents[0];
        image.Damage(extent.ImageOffset + 150_000, new byte[] { 1, 2, 3 });
        using var reader = await AreaReader.OpenAsync(image, null, default);
        var buffer = new byte[200_000];
        await FailsAsync(ErrorKind.Internal, () => reader.ReadAsync("/f", 0, buffer, default));
        await FailsAsync(ErrorKind.Internal, () => writer.ReadAsync("/f", 0, buffer, default));
        Assert.Equal(1000, await reader.ReadAsync("/f", 0, buffer.AsMemory(0, 1000), default));
        var finding = Assert.Single((await AreaCheck.RunAsync(image, null, default)).Findings);
        Assert.True(finding.IsDamage);
        Assert.Equal("/f", finding.Where);
    }

    [Fact]
    public async Task When_a_commit_fails_every_call_fails_until_the_area_is_opened_again()
    {
        var image = await FormattedAsync();
        await using (var writer = await OpenAsync(image, 1))
        {
            await writer.WriteFileAsync("/a", Bytes(1, 100), Now, true, default);
            image.Fails = (_, _) => new BlockStoreException(ErrorKind.TimedOut, "no answer");
            await FailsAsync(ErrorKind.TimedOut, () => writer.WriteFileAsync("/b", Bytes(1, 100), Now, true, default));
            image.Fails = (_, _) => null;
            await FailsAsync(ErrorKind.TimedOut, () => writer.WriteFileAsync("/c", Bytes(1, 100), Now, true, default));
            await FailsAsync(ErrorKind.TimedOut, () => writer.WriteFileAsync("/d", Bytes(1, 100_000), Now, true, default));
        }
        await using var again = await OpenAsync(image, 1);
        await again.WriteFileAsync("/b", Bytes(2, 100), Now, false, default);
        Assert.Equal(Bytes(1, 100), await ReadAllAsync(again, "/a"));
        await AssertCleanAsync(image);
    }

    private async Task<MemoryImage> WithContentAsync()
    {
        var image = await FormattedAsync(3 * MiB);
        await using var writer = await OpenAsync(image, 1);
        for (var i = 0; i < 40; i++)
        {
            await writer.MakeDirectoryAsync($"/d{i % 4}/e{i % 3}", true, Now, default);
            await writer.WriteFileAsync($"/d{i % 4}/e{i % 3}/f{i}", Bytes(i, i % 5 == 0 ? 70_000 : 1500), Now, true, default);
            if (i == 25)
                await writer.CheckpointAsync();
        }
        return image;
    }

    /// <summary>Whatever the image has: it opens or fails with an expected error, and nothing outside it is read.</summary>
    private async Task AssertStandsAsync(MemoryImage image)
    {
        var report = await AreaCheck.RunAsync(image, null, default).WaitAsync(TimeSpan.FromSeconds(30));
        var opened = await Record.ExceptionAsync(async () =>
        {
            using var reader = await AreaReader.OpenAsync(image, null, default).WaitAsync(TimeSpan.FromSeconds(30));
        });
        Assert.True(opened is null or BlockStoreException, $"{opened}");
        Assert.True(opened is null || !report.IsClean);
        var taken = await Record.ExceptionAsync(async () =>
        {
            await using var writer = await OpenAsync(image, 1000).WaitAsync(TimeSpan.FromSeconds(30));
            await writer.WriteFileAsync("/x", Bytes(1, 10), Now, false, default).WaitAsync(TimeSpan.FromSeconds(30));
        });
        Assert.True(taken is null or BlockStoreException, $"{taken}");
    }

    private static void Mutate(Span<byte> bytes, Random chance)
    {
        for (var i = chance.Next(1, 4); i > 0; i--)
        {
            var at = chance.Next(bytes.Length);
            bytes[at] = chance.Next(3) switch { 0 => (byte)(bytes[at] ^ (1 << chance.Next(8))), 1 => 0xFF, _ => (byte)(bytes[at] + 1) };
        }
    }
}
