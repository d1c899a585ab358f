using Mooring.Messages;
using Mooring.Storage.Files;

namespace Mooring.Tests.Files;

/// <summary>A request whose answer was lost is sent again: it changes the area once, whoever is the writer by then.</summary>
public sealed class AreaRepeats : AreaTest
{
    private static readonly Guid _request = new("00000000-0000-0000-0000-0000000000b0");

    private static RequestPart Part(int part) => new(_request, part);

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public async Task Every_operation_that_comes_again_gets_its_first_answer_and_changes_nothing(bool nextWriter, bool checkpoint)
    {
        var image = await FormattedAsync();
        var writer = await OpenAsync(image, 1);
        var first = await RunAsync(writer);
        var undone = writer.Tree;
        // Others go on meanwhile; what comes again must not undo that.
        await writer.WriteFileAsync("/small", Bytes(9, 77), Now, false, default);
        await writer.WriteAsync("/range", 0, Bytes(9, 50), Now, default);
        await writer.WriteFileAsync("/gone", Bytes(9, 5), Now, true, default);
        await writer.WriteFileAsync("/there", Bytes(9, 6), Now, true, default);
        if (checkpoint)
            await writer.CheckpointAsync();
        if (nextWriter)
        {
            await writer.DisposeAsync();
            writer = await OpenAsync(image, 2);
        }

        var free = writer.FreeBytes;
        var again = await RunAsync(writer);

        Assert.Equal(first, again);
        Assert.Equal(free, writer.FreeBytes);
        Assert.Equal(Bytes(9, 77), await ReadAllAsync(writer, "/small"));
        Assert.Equal(Bytes(9, 50), (await ReadAllAsync(writer, "/range"))[..50]);
        Assert.Equal(Bytes(9, 5), await ReadAllAsync(writer, "/gone"));
        Assert.Equal(Bytes(9, 6), await ReadAllAsync(writer, "/there"));
        Assert.Equal(undone.EntryCount + 2, writer.Tree.EntryCount);
        await writer.DisposeAsync();
        await AssertCleanAsync(image);
        using var reader = await AreaReader.OpenAsync(image, null, default);
        Assert.Equal(first[0], reader.Tree.AnswerTo(Part(0), "/small")!.Entry);
    }

    [Fact]
    public async Task After_a_stop_at_any_request_to_the_image_everything_asked_again_has_happened_once()
    {
        var whole = await FormattedAsync();
        List<AreaEntry?> expected;
        await using (var writer = await OpenAsync(whole, 1))
            expected = await RunAsync(writer);
        for (var stopAt = 1; ; stopAt++)
        {
            var image = await FormattedAsync();
            image.StopAt = image.Requests + stopAt;
            var stopped = await Record.ExceptionAsync(async () =>
            {
                await using var writer = await OpenAsync(image, 1);
                await RunAsync(writer);
                await writer.CheckpointAsync();
            });
            if (stopped is null && !image.IsStopped)
                break;
            var after = image.AfterStop(new Random(stopAt));
            await using var next = await OpenAsync(after, 2);
            Assert.Equal(expected, await RunAsync(next));
            Assert.Equal(6, next.Tree.EntryCount);
            await AssertCleanAsync(after);
        }
    }

    [Fact]
    public async Task A_request_that_comes_twice_at_once_changes_the_area_once()
    {
        var image = await FormattedAsync();
        await using var writer = await OpenAsync(image, 1);
        image.Holds = _ => true;
        var others = writer.WriteFileAsync("/other", Bytes(1, 10), Now, true, default);
        await image.Held;
        image.Holds = _ => false;
        // Both wait for the same batch.
        var both = Enumerable.Range(0, 2).Select(_ => writer.WriteFileAsync("/a", Bytes(1, 100), Now, true, default, Part(0))).ToArray();
        var large = Enumerable.Range(0, 2).Select(_ => writer.WriteFileAsync("/b", Bytes(1, 100_000), Now, true, default, Part(1))).ToArray();
        image.ReleaseHeld();

        await others;
        Assert.Equal((await both[0]).Entry, (await both[1]).Entry);
        Assert.Equal((await large[0]).Entry, (await large[1]).Entry);
        Assert.Equal(4, writer.Tree.EntryCount);
        Assert.Equal(writer.CapacityBytes - writer.Tree.UsedBytes, writer.FreeBytes);
    }

    [Fact]
    public async Task An_operation_that_failed_is_tried_anew_when_it_comes_again()
    {
        var image = await FormattedAsync();
        await using var writer = await OpenAsync(image, 1);
        await FailsAsync(ErrorKind.NotFound, () => writer.WriteFileAsync("/d/f", Bytes(1, 10), Now, true, default, Part(0)));
        await writer.MakeDirectoryAsync("/d", false, Now, default);

        await writer.WriteFileAsync("/d/f", Bytes(1, 10), Now, true, default, Part(0));

        Assert.Equal(Bytes(1, 10), await ReadAllAsync(writer, "/d/f"));
    }

    [Fact]
    public async Task The_oldest_answers_are_forgotten()
    {
        var image = await FormattedAsync();
        await using (var writer = await OpenAsync(image, 1))
        {
            var layout = (await AreaImage.ReadSuperblockAsync(image, default)).Layout;
            for (var i = 1; i <= layout.AnswersMax + 10; i++)
                await writer.MakeDirectoryAsync("/d", true, Now, default, Part(i));
            Assert.Equal(layout.AnswersMax, writer.Tree.Answers.Count);
            await writer.CheckpointAsync();
        }
        await using var next = await OpenAsync(image, 2);
        Assert.Null(next.Tree.AnswerTo(Part(1), "/d"));
        Assert.NotNull(next.Tree.AnswerTo(Part(150), "/d"));
        await AssertCleanAsync(image);
    }

    [Fact]
    public async Task Those_who_append_to_one_file_at_once_are_put_in_an_order_each_whole_and_once()
    {
        var image = await FormattedAsync();
        await using var writer = await OpenAsync(image, 1);
        var free = writer.FreeBytes;
        await using var one = new AreaPieces(writer);
        await using var other = new AreaPieces(writer);
        await one.WriteAsync(Bytes(1, 100_000));
        await other.WriteAsync(Bytes(2, 70_000));
        await one.WriteAsync(Bytes(3, 30_000));
        await other.AppendAsync("/f", Now, default, Part(1));
        await one.AppendAsync("/f", Now, default, Part(2));
        await using (var again = new AreaPieces(writer))
        {
            await again.WriteAsync(Bytes(2, 70_000));
            Assert.Equal(70_000, (await again.AppendAsync("/f", Now, default, Part(1))).Entry!.SizeBytes);
        }
        await using (var dropped = new AreaPieces(writer))
            await dropped.WriteAsync(Bytes(4, 50_000));

        byte[] expected = [.. Bytes(2, 70_000), .. Bytes(1, 100_000), .. Bytes(3, 30_000)];
        Assert.Equal(expected, await ReadAllAsync(writer, "/f"));
        Assert.Equal(free - writer.Tree.UsedBytes, writer.FreeBytes);
        await AssertCleanAsync(image);
    }

    [Fact]
    public async Task A_name_that_must_be_new_is_not_taken_from_another()
    {
        var image = await FormattedAsync();
        await using var writer = await OpenAsync(image, 1);
        await writer.WriteFileAsync("/a", Bytes(1, 10), Now, true, default);
        await writer.WriteFileAsync("/b", Bytes(2, 10), Now, true, default);

        await FailsAsync(ErrorKind.AlreadyExists, () => writer.RenameAsync("/a", "/b", default, replace: false));

        Assert.Equal(Bytes(2, 10), await ReadAllAsync(writer, "/b"));
    }

    private static async Task<List<AreaEntry?>> RunAsync(AreaWriter writer)
    {
        List<Func<Task<AreaCommit>>> all =
        [
            () => writer.WriteFileAsync("/small", Bytes(1, 100), Now, true, default, Part(0)),
            () => writer.WriteFileAsync("/there", Bytes(1, 100), Now, true, default, Part(8)),
            () => writer.WriteFileAsync("/large", Bytes(2, 150_000), Now, true, default, Part(1)),
            () => writer.WriteAsync("/range", 0, Bytes(3, 200), Now, default, Part(2)),
            () => writer.MakeDirectoryAsync("/d", false, Now, default, Part(3)),
            () => writer.WriteFileAsync("/gone", Bytes(4, 100), Now, true, default, Part(4)),
            () => writer.RemoveAsync("/gone", false, default, Part(5)),
            () => writer.RenameAsync("/there", "/moved", default, Part(6)),
            () => writer.TruncateAsync("/moved", 40, Now, default, Part(7)),
        ];
        var entries = new List<AreaEntry?>();
        foreach (var operation in all)
            entries.Add((await operation()).Entry);
        return entries;
    }
}
