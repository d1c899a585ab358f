using System.Text;
using Mooring.Messages;
using Mooring.Storage;
using Mooring.Storage.Embedded;

// Usage: DIRECTORY STEP[:TIMES] copy SOURCE TARGET | write VOLUME BYTES | shrink VOLUME BYTES | remove VOLUME | count KEY TIMES | append STREAM
// Waits for a line of input when it comes to the step (for the so-many-th time); "-" for never.
// Says its address, then "begun" when it is in the middle of its work or waits, and at the end "done" or the kind of its failure. append has no end and says the number of
// the latest event that was acknowledged.
var (directory, step, work) = (args[0], args[1].Split(':'), args[2..]);
var left = step.Length > 1 ? int.Parse(step[1], null) : 1;
var provider = new EmbeddedStoreProvider(new EmbeddedStoreOptions
{
    Directory = directory,
    CopyBytesPerSecondMax = 16 << 20,
    ChunkBytes = 64 * 1024,
    BusyTimeout = TimeSpan.FromSeconds(60),
    Step = name =>
    {
        if (name != step[0] || --left != 0)
            return;
        Say("begun");
        Console.ReadLine();
    },
});
await using var store = await provider.ConnectAsync("child", 2, default);
Say($"address {store.Address}");
try
{
    await WorkAsync();
    Say("done");
}
catch (BlockStoreException e)
{
    Say(e.Kind.ToString());
}

async Task WorkAsync()
{
    switch (work[0])
    {
        case "copy":
            await store.CopyAsync(VolumeId.Parse(work[1]), VolumeId.Parse(work[2]), new FirstReport(() => SayBegun()), default);
            return;
        case "write":
            var bytes = Enumerable.Repeat((byte)0x77, int.Parse(work[2], null)).ToArray();
            await store.WriteAsync(VolumeId.Parse(work[1]), 0, bytes, default);
            return;
        case "shrink":
            await store.ResizeAsync(VolumeId.Parse(work[1]), long.Parse(work[2], null), Shrinking.Unused, null, default);
            return;
        case "remove":
            await store.RemoveAsync(VolumeId.Parse(work[1]), null, default);
            return;
        case "count":
            SayBegun();
            for (var done = 0; done < int.Parse(work[2], null);)
            {
                var now = await store.GetRecordAsync(work[1], default);
                var next = (now is null ? 0 : int.Parse(Encoding.UTF8.GetString(now.Value.Span), null)) + 1;
                if (await store.PutRecordAsync(work[1], Encoding.UTF8.GetBytes($"{next}"), now?.Version ?? 0, default) is not null)
                    done++;
            }
            return;
        case "append":
            await AppendAsync(work[1]);
            return;
        default:
            throw new ArgumentException($"unknown work {work[0]}");
    }
}

async Task AppendAsync(string stream)
{
    await using var log = await provider.OpenEventLogAsync("child", default);
    var next = await log.GetHighestNumberAsync(stream, default) + 1;
    SayBegun();
    ReadOnlyMemory<byte> Event(long number) => Encoding.UTF8.GetBytes($"{stream} {number}");
    // Several at once, so that a kill finds some in a transaction and some that wait for it.
    for (; ; next += 8)
    {
        var appended = await Task.WhenAll(new[] { 0, 2, 4, 6 }.Select(i => log.AppendAsync(stream, next + i, [Event(next + i), Event(next + i + 1)], default)));
        if (appended.Contains(false))
            throw new InvalidOperationException($"refused at {next}");
        Say($"{next + 7}");
    }
}

void SayBegun()
{
    if (step[0] == "-")
        Say("begun");
}

static void Say(string line)
{
    Console.WriteLine(line);
    Console.Out.Flush();
}

internal sealed class FirstReport(Action first) : IProgress<double>
{
    private Action? _first = first;

    public void Report(double value)
    {
        _first?.Invoke();
        _first = null;
    }
}
