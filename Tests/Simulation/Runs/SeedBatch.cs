using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace Mooring.Tests.Simulation.Runs;

/// <summary>Many seeds, one process of the operating system for each processor.</summary>
/// <param name="mutation">The safeguard that is taken out of all of them.</param>
/// <param name="print">Told of each failure when it happens.</param>
public sealed class SeedBatch(Mutation mutation, Action<string> print)
{
    /// <summary>What the violation begins with that says that the simulator itself has failed.</summary>
    public const string Died = "the simulator died";

    // A child is started anew after so many: what runs leave in memory goes with it.
    private const int SeedsPerProcess = 25;

    private readonly ConcurrentQueue<SimulationResult> _results = new();
    private readonly Stopwatch _watch = new();

    public IReadOnlyList<SimulationResult> Failures => [.. _results.Where(r => r.Violations.Count > 0).OrderBy(r => r.Seed)];

    public IReadOnlyCollection<SimulationResult> Results => _results;

    /// <summary>Whether to start no more seeds once one has failed.</summary>
    public bool StopAtFailure { get; init; }

    /// <summary>How often each node is made to begin anew; 0: harm is done by chance instead.</summary>
    public int Rounds { get; init; }

    public int SeedsAtOnce { get; init; } = SeedsPerProcess;

    public async Task RunAsync(IReadOnlyList<long> seeds, CancellationToken cancellationToken)
    {
        _watch.Start();
        var chunks = new ConcurrentQueue<long[]>(seeds.Chunk(Math.Clamp(seeds.Count / Environment.ProcessorCount, 1, SeedsAtOnce)));
        await Task.WhenAll(Enumerable.Range(0, Environment.ProcessorCount).Select(_ => WorkAsync(chunks, cancellationToken)));
        _watch.Stop();
    }

    public static string HowToRepeat(long seed, Mutation mutation, int rounds = 0) =>
        $"dotnet run build.cs -- simulate --seed {seed} --trace{(rounds == 0 ? "" : $" --rounds {rounds}")}{(mutation == Mutation.None ? "" : $" --mutation {mutation}")}";

    public IEnumerable<string> Report()
    {
        var hours = _results.Sum(r => r.VirtualSeconds) / 3600;
        var injected = _results.SelectMany(r => r.Injected).GroupBy(i => i.Key).OrderBy(g => g.Key, StringComparer.Ordinal)
            .Select(g => string.Create(CultureInfo.InvariantCulture, $"{g.Key} {g.Sum(i => i.Value)}"));
        yield return $"faults: {string.Join(", ", injected)}";
        yield return string.Create(
            CultureInfo.InvariantCulture,
            $"{_results.Count} seeds, {_results.Sum(r => r.Accepted)} requests ({_results.Sum(r => r.Succeeded)} took effect), {_results.Sum(r => r.Delivered)} results delivered, {_results.Sum(r => r.Cancelled)} cancelled, {_results.Sum(r => r.Numbered)} numbered messages, {_results.Sum(r => r.Steps)} steps");
        yield return string.Create(
            CultureInfo.InvariantCulture,
            $"{hours:0.00} simulated hours in {_watch.Elapsed.TotalMinutes:0.0} min ({hours / _watch.Elapsed.TotalMinutes:0.00} simulated hours a minute)");
        yield return $"{Failures.Count} of {_results.Count} seeds failed{(Failures.Count == 0 ? "" : ": " + string.Join(", ", Failures.Select(f => f.Seed)))}";
    }

    private async Task WorkAsync(ConcurrentQueue<long[]> chunks, CancellationToken cancellationToken)
    {
        while (!(StopAtFailure && Failures.Count > 0) && chunks.TryDequeue(out var chunk))
            await RunAsync(chunk, cancellationToken);
    }

    private async Task RunAsync(long[] seeds, CancellationToken cancellationToken)
    {
        var start = SeedProcess.StartInfo([.. seeds.Select(s => s.ToString(CultureInfo.InvariantCulture))], mutation, trace: false, Rounds);
        (start.RedirectStandardOutput, start.RedirectStandardError) = (true, true);
        using var child = Process.Start(start)!;
        var errors = child.StandardError.ReadToEndAsync(cancellationToken);
        var done = 0;
        while (await child.StandardOutput.ReadLineAsync(cancellationToken) is { } line)
        {
            if (!line.StartsWith(SeedProcess.ResultPrefix, StringComparison.Ordinal))
                continue;
            done++;
            Add(JsonSerializer.Deserialize<SimulationResult>(line[SeedProcess.ResultPrefix.Length..])!);
            if (StopAtFailure && Failures.Count > 0)
            {
                child.Kill();
                return;
            }
        }
        await child.WaitForExitAsync(cancellationToken);
        if (done < seeds.Length)
            Add(new SimulationResult(seeds[done], 0, 0, 0, 0, 0, [], [$"{Died}: {await errors}"]));
    }

    private void Add(SimulationResult result)
    {
        _results.Enqueue(result);
        if (result.Violations.Count == 0)
            return;
        print($"seed {result.Seed} failed:{string.Concat(result.Violations.Select(v => $"\n  {v}"))}");
        print($"  repeat: {HowToRepeat(result.Seed, mutation, Rounds)}");
    }
}
