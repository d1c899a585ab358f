using Mooring.Messages;
using Mooring.Storage;
using Mooring.Storage.Files;

namespace Mooring.Tests.Files;

/// <summary>Workloads by chance against the model, and the same stopped at every request to the image.</summary>
public sealed class AreaModelRuns : AreaTest
{
    private const int ImageBytes = 3 * MiB;

    [Theory]
    [InlineData(1), InlineData(2), InlineData(3), InlineData(4), InlineData(5), InlineData(6)]
    public async Task An_area_does_what_the_model_does(int seed)
    {
        var chance = new Random(seed);
        var image = await FormattedAsync(8 * MiB);
        var model = new AreaModel();
        using var reader = await AreaReader.OpenAsync(image, null, default);
        for (var epoch = 1; epoch <= 4; epoch++)
        {
            await using var writer = await OpenAsync(image, epoch);
            for (var i = 0; i < 60; i++)
                await StepAsync(writer, model, AreaStep.Next(chance));
            Assert.Equal("", await model.DifferenceAsync(writer.Tree, (path, buffer) => writer.ReadAsync(path, 0, buffer, default)));
            Assert.Equal(writer.Tree.UsedBytes + writer.FreeBytes, writer.CapacityBytes);
            await reader.CatchUpAsync(writer.Position, default);
            Assert.Equal("", await model.DifferenceAsync(reader.Tree, (path, buffer) => reader.ReadAsync(path, 0, buffer, default)));
        }
        await AssertCleanAsync(image);
    }

    [Theory]
    [InlineData(11), InlineData(12), InlineData(13)]
    public async Task After_a_stop_at_any_request_all_that_was_acknowledged_is_there_and_nothing_is_torn(int seed)
    {
        var stops = 0;
        for (var stopAt = 1; ; stopAt++)
        {
            var image = await FormattedAsync(ImageBytes);
            image.StopAt = image.Requests + stopAt;
            var (acknowledged, inDoubt, finished) = await RunUntilStopAsync(image, seed);
            foreach (var chance in new[] { null, new Random(stopAt), new Random(~stopAt) })
                await AssertSurvivedAsync(image.AfterStop(chance), acknowledged, inDoubt, $"seed {seed}, stop at request {stopAt}");
            if (finished)
                break;
            stops++;
        }
        Assert.InRange(stops, 50, 5000);
    }

    [Theory]
    [InlineData(21), InlineData(22)]
    public async Task Clients_at_once_do_not_disturb_each_other_and_readers_follow(int seed)
    {
        var image = await FormattedAsync(24 * MiB);
        await using var writer = await OpenAsync(image, 1);
        using var told = await AreaReader.OpenAsync(image, null, default);
        var models = Enumerable.Range(0, 6).Select(_ => new AreaModel()).ToArray();
        await Task.WhenAll(models.Select((model, client) => Task.Run(async () =>
        {
            var chance = new Random((seed * 100) + client);
            await writer.MakeDirectoryAsync($"/c{client}", false, Now, default);
            model.Set($"/c{client}", null);
            for (var i = 0; i < 60; i++)
                await StepAsync(writer, model, AreaStep.Next(chance, $"/c{client}"));
        })));
        var whole = new AreaModel();
        foreach (var (path, content) in models.SelectMany(model => model.Entries))
            whole.Set(path, content);
        Assert.Equal("", await whole.DifferenceAsync(writer.Tree, (path, buffer) => writer.ReadAsync(path, 0, buffer, default)));
        // In an order by chance: the reader fills what is missing from the image.
        AreaBatch[] batches;
        lock (Told)
            batches = [.. Told];
        new Random(seed).Shuffle(batches);
        foreach (var batch in batches)
            await told.ApplyAsync(batch.Bytes, default);
        Assert.Equal(writer.Position, told.Position);
        Assert.Equal("", await whole.DifferenceAsync(told.Tree, (path, buffer) => told.ReadAsync(path, 0, buffer, default)));
        await AssertCleanAsync(image);
    }

    /// <summary>Runs a step on both; they must agree whether it fails and how.</summary>
    private static async Task StepAsync(AreaWriter writer, AreaModel model, AreaStep step)
    {
        var expected = step.Apply(model);
        var thrown = await Record.ExceptionAsync(() => step.ExecuteAsync(writer));
        Assert.True(thrown is null or BlockStoreException, $"{step}: {thrown}");
        Assert.True((thrown as BlockStoreException)?.Kind == expected, $"{step}: expected {expected?.ToString() ?? "success"}, got {thrown?.Message ?? "success"}");
    }

    private async Task<(AreaModel Acknowledged, AreaModel InDoubt, bool Finished)> RunUntilStopAsync(MemoryImage image, int seed)
    {
        var chance = new Random(seed);
        var model = new AreaModel();
        var next = model;
        AreaWriter? writer = null;
        try
        {
            for (var epoch = 1; epoch <= 2; epoch++)
            {
                writer = await OpenAsync(image, epoch);
                for (var i = 0; i < 22; i++)
                {
                    var step = AreaStep.Next(chance);
                    next = model.Copy();
                    if (step.Apply(next) is null)
                    {
                        await step.ExecuteAsync(writer);
                        // A checkpoint that fails tells nobody.
                        if (writer.Broken is not null)
                            return (model, next, false);
                    }
                    model = next;
                }
                await writer.DisposeAsync();
            }
            return (model, model, !image.IsStopped);
        }
        catch (BlockStoreException e) when (e.Kind == ErrorKind.Unavailable && image.IsStopped)
        {
            return (model, next, false);
        }
        finally
        {
            if (writer is not null)
                await writer.DisposeAsync();
        }
    }

    private async Task AssertSurvivedAsync(MemoryImage image, AreaModel acknowledged, AreaModel inDoubt, string when)
    {
        var report = await AreaCheck.RunAsync(image, null, default);
        Assert.True(report.IsClean, $"{when}: {string.Join("; ", report.Findings)}");
        await using var writer = await OpenAsync(image, 10);
        var (first, second) = (await DifferenceAsync(acknowledged), await DifferenceAsync(inDoubt));
        Assert.True(first.Length == 0 || second.Length == 0, $"{when}: {first} and {second}");
        // And it goes on from there.
        await writer.WriteFileAsync("/after", Bytes(1, 3000), Now, false, default);
        await writer.CheckpointAsync();
        Assert.Null(writer.Broken);
        Assert.Equal(Bytes(1, 3000), await ReadAllAsync(writer, "/after"));

        Task<string> DifferenceAsync(AreaModel model) => model.DifferenceAsync(writer.Tree, (path, buffer) => writer.ReadAsync(path, 0, buffer, default));
    }
}
