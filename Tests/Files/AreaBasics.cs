using Mooring.Messages;
using Mooring.Storage.Files;

namespace Mooring.Tests.Files;

/// <summary>The main path: make an area, write, read back here, at a reader and after opening again.</summary>
public sealed class AreaBasics : AreaTest
{
    [Fact]
    public async Task What_was_written_is_read_by_the_writer_by_a_reader_and_by_the_next_writer()
    {
        var image = await FormattedAsync();
        var small = Bytes(1, 4096);
        var large = Bytes(2, 3_000_001);
        await using (var writer = await OpenAsync(image, 1))
        {
            using var reader = await AreaReader.OpenAsync(image, null, default);
            await writer.MakeDirectoryAsync("/a/b", parents: true, Now, default);
            await writer.WriteFileAsync("/a/b/small", small, Now, createNew: true, default);
            await writer.WriteFileAsync("/a/large", large, Now, createNew: true, default);
            Assert.Equal(small, await ReadAllAsync(writer, "/a/b/small"));
            Assert.Equal(large, await ReadAllAsync(writer, "/a/large"));
            foreach (var batch in Told)
                await reader.ApplyAsync(batch.Bytes, default);
            Assert.Equal(writer.Position, reader.Position);
            Assert.Equal(small, await ReadAllAsync(reader, "/a/b/small"));
            Assert.Equal(large, await ReadAllAsync(reader, "a/large"));
        }
        await using var next = await OpenAsync(image, 2);
        Assert.Equal(small, await ReadAllAsync(next, "/a/b/small"));
        Assert.Equal(large, await ReadAllAsync(next, "/a/large"));
        Assert.Equal(["/a/b", "/a/large"], next.Tree.List("/a", null, 10).Select(entry => entry.Path));
        Assert.Equal(["/a/large"], next.Tree.List("/a", "b", 10).Select(entry => entry.Path));
        Assert.Equal(Crc32C.Compute(large), next.Tree.Get("/a/large").Crc32c);
        Assert.Equal(Now, next.Tree.Get("/a/large").ModifiedAt);
    }

    [Fact]
    public async Task A_file_is_written_piece_by_piece_and_resumed_by_the_next_writer_where_it_was_durable()
    {
        var image = await FormattedAsync();
        var content = Bytes(3, 1_500_000);
        await using (var writer = await OpenAsync(image, 1))
        {
            await using var file = await writer.BeginWriteAsync("/big", resume: false, Now, default);
            for (var at = 0; at < 1_048_576; at += 131_072)
                await file.WriteChunkAsync(content.AsMemory(at, 131_072));
            var commit = await file.CommitAsync(Now);
            Assert.Equal(1_048_576, commit.Entry!.SizeBytes);
            Assert.Equal(1_048_576, file.DurableBytes);
            Assert.Single(((FileNode)writer.Tree.Find(file.Id)!).Extents);
            await file.WriteChunkAsync(content.AsMemory(1_048_576, 131_072));
        }
        await using var next = await OpenAsync(image, 2);
        await using var resumed = await next.BeginWriteAsync("/big", resume: true, Now, default);
        Assert.Equal(1_048_576, resumed.OffsetBytes);
        await resumed.WriteChunkAsync(content.AsMemory(1_048_576));
        await resumed.CommitAsync(Now);
        Assert.Equal(content, await ReadAllAsync(next, "/big"));
        Assert.Equal(Crc32C.Compute(content), next.Tree.Get("/big").Crc32c);
    }

    [Fact]
    public async Task A_range_is_what_it_was_until_something_in_it_changes()
    {
        var image = await FormattedAsync();
        await using var writer = await OpenAsync(image, 1);
        const int size = 1_000_000, from = 300_001, length = 400_000;
        await writer.WriteFileAsync("/f", Bytes(1, size), Now, createNew: true, default);
        var (opened, id) = (writer.Tree, writer.Tree.Get("/f").Id);
        bool IsSame() => writer.Tree.HasRangeOf(opened, id, from, length);

        await writer.AppendAsync("/f", Bytes(2, 200_000), Now, default);
        await writer.WriteAsync("/f", from - 100, Bytes(3, 100), Now, default);
        await writer.WriteAsync("/f", from + length, Bytes(4, 100), Now, default);
        await writer.RenameAsync("/f", "/g", default);
        Assert.True(IsSame());
        var changed = new List<bool>();
        foreach (var at in (long[])[from, from + 123_456, from + length - 1])
        {
            opened = writer.Tree;
            await writer.WriteAsync("/g", at, Bytes(5, 1), Now, default);
            changed.Add(IsSame());
        }
        opened = writer.Tree;
        // The same bytes, and the same size, but for zeros.
        await writer.TruncateAsync("/g", from + 10, Now, default);
        changed.Add(IsSame());
        await writer.TruncateAsync("/g", size + 200_000, Now, default);
        changed.Add(IsSame());
        await writer.RemoveAsync("/g", recursive: false, default);
        changed.Add(IsSame());
        Assert.All(changed, Assert.False);
    }

    [Fact]
    public async Task A_file_is_renamed_over_or_removed_only_if_it_is_what_is_known_of_it()
    {
        var image = await FormattedAsync();
        await using var writer = await OpenAsync(image, 1);
        var first = (await writer.WriteFileAsync("/f", Bytes(1, 10), Now, createNew: true, default)).Entry!;
        await writer.WriteFileAsync("/other", Bytes(2, 10), Now, createNew: true, default);
        await writer.MakeDirectoryAsync("/d", parents: false, Now, default);
        var (isFirst, isOther, exists) = (new AreaCondition([first]), new AreaCondition([writer.Tree.Get("/other")]), new AreaCondition([]));

        await FailsAsync(ErrorKind.PreconditionFailed, () => writer.RemoveAsync("/f", false, default, condition: isOther));
        await FailsAsync(ErrorKind.PreconditionFailed, () => writer.RemoveAsync("/d", false, default, condition: isFirst));
        await FailsAsync(ErrorKind.PreconditionFailed, () => writer.RemoveAsync("/none", false, default, condition: exists));
        await FailsAsync(ErrorKind.PreconditionFailed, () => writer.RenameAsync("/f", "/g", default, condition: isOther));
        await FailsAsync(ErrorKind.PreconditionFailed, () => writer.RenameAsync("/f", "/other", default, replaced: isFirst));
        await FailsAsync(ErrorKind.PreconditionFailed, () => writer.RenameAsync("/f", "/none", default, replaced: exists));
        var request = new RequestPart(Guid.NewGuid(), 0);
        await writer.RenameAsync("/f", "/other", default, request, condition: isFirst, replaced: new AreaCondition([first, .. isOther.Known]));
        await writer.RenameAsync("/f", "/other", default, request, condition: isFirst, replaced: isOther);
        await writer.RemoveAsync("/other", false, default, condition: isFirst);
        Assert.Equal(["/d"], writer.Tree.List("/", null, 10).Select(entry => entry.Path));
    }

    [Fact]
    public async Task A_checkpoint_brings_content_to_its_place_and_the_log_is_used_again()
    {
        var image = await FormattedAsync();
        var writer = await OpenAsync(image, 1);
        // Several times the log.
        for (var i = 0; i < 300; i++)
            await writer.WriteFileAsync($"/f{i % 20}", Bytes(i, 6000), Now, createNew: false, default);
        for (var i = 280; i < 300; i++)
            Assert.Equal(Bytes(i, 6000), await ReadAllAsync(writer, $"/f{i % 20}"));
        await writer.DisposeAsync();
        await using var next = await OpenAsync(image, 2);
        for (var i = 280; i < 300; i++)
            Assert.Equal(Bytes(i, 6000), await ReadAllAsync(next, $"/f{i % 20}"));
        Assert.Equal(21, next.Tree.EntryCount);
    }

    [Fact]
    public async Task Many_operations_share_one_write_of_the_log()
    {
        var image = await FormattedAsync();
        await using var writer = await OpenAsync(image, 1);
        var before = writer.Position.Sequence;
        await Task.WhenAll(Enumerable.Range(0, 200).Select(i => writer.WriteFileAsync($"/f{i}", Bytes(i, 100), Now, createNew: true, default)));
        Assert.InRange(writer.Position.Sequence - before, 1, 150);
        Assert.Equal(201, writer.Tree.EntryCount);
    }

    [Fact]
    public async Task A_lower_or_anothers_epoch_may_not_write()
    {
        var image = await FormattedAsync();
        await using var writer = await OpenAsync(image, 5);
        await FailsAsync(ErrorKind.Fenced, () => OpenAsync(image, 4));
        await FailsAsync(ErrorKind.Fenced, () => AreaWriter.OpenAsync(image, new Epoch(5), Guid.NewGuid(), null, _ => Task.CompletedTask, default));
        await FailsAsync(ErrorKind.InvalidArgument, () => OpenAsync(image, 0));
        await FailsAsync(ErrorKind.Unsupported, () => OpenAsync(new MemoryImage(1 << 20), 1));
        await using var successor = await OpenAsync(image, 6);
        await FailsAsync(ErrorKind.Fenced, () => writer.MakeDirectoryAsync("/late", false, Now, default));
        Assert.Null(successor.Tree.Find("/late"));
    }
}
