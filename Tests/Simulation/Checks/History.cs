using Mooring.Messages;
using Mooring.Tests.Simulation.Runs;

namespace Mooring.Tests.Simulation.Checks;

/// <summary>What clients have seen: the same request must always have the same answer.</summary>
public sealed class History(SimulationRun run)
{
    private readonly Dictionary<RequestId, Entry> _entries = [];
    private readonly List<(string Client, RequestId Request, VolumeCommand Command)> _order = [];

    public int AcceptedCount => _entries.Values.Count(e => e.Operation is not null);

    public int EndedCount => _entries.Values.Count(e => e.Result is not null);

    public int SucceededCount => _entries.Values.Count(e => e.View?.State == OperationState.Succeeded);

    public int CancelledCount => _entries.Values.Count(e => e.View?.State == OperationState.Cancelled);

    public void CancelAsked(RequestId request) => _entries[request].CancelAsked = true;

    public IEnumerable<(RequestId Request, VolumeCommand Command)> RequestsOf(string client) =>
        _order.Where(o => o.Client == client).Select(o => (o.Request, o.Command)).ToList();

    public IEnumerable<(RequestId Request, OperationId Operation, VolumeCommand Command, OperationView? View)> Accepted() =>
        _order.Select(o => (o.Request, Entry: _entries[o.Request], o.Command))
            .Where(o => o.Entry.Operation is not null)
            .Select(o => (o.Request, o.Entry.Operation!.Value, o.Command, o.Entry.View));

    public void Asked(string client, RequestId request, VolumeCommand command)
    {
        _entries.Add(request, new Entry());
        _order.Add((client, request, command));
    }

    public bool WasRefused(RequestId request) => _entries[request].Refusal is not null;

    public OperationId OperationOf(RequestId request) => _entries[request].Operation!.Value;

    public void Accepted(RequestId request, OperationView operation)
    {
        var entry = _entries[request];
        if (entry.Refusal is { } refusal)
            run.Violations.Add($"{request} was refused ({refusal}) and then accepted");
        if (entry.Operation is { } known && known != operation.Id)
            run.Violations.Add($"{request} was accepted as {known} and as {operation.Id}");
        entry.Operation = operation.Id;
        if (operation.Ended)
            Result(request, entry, operation);
    }

    /// <summary>A result in short, the same however it is told.</summary>
    public static string Summary(VolumeInfo? volume, OperationError? error) =>
        error is null ? $"success {volume?.Id} {volume?.SizeBytes}" : $"{error.Kind} {error.Detail}";

    /// <summary>How many results were delivered without being asked for.</summary>
    public int DeliveredCount => _entries.Values.Count(e => e.Delivered is not null);

    /// <summary>A result came without being asked for.</summary>
    public void Delivered(RequestId request, OperationId operation, string summary)
    {
        var entry = _entries[request];
        if (entry.Operation is { } known && known != operation)
            run.Violations.Add($"{request} was accepted as {known}, and the result of {operation} was delivered");
        if (entry.Delivered is { } before && before != summary)
            run.Violations.Add($"{request}: '{before}' was delivered, and then '{summary}'");
        (entry.Operation, entry.Delivered) = (operation, summary);
        run.World.Trace($"{request} was delivered: {summary}");
        CompareDelivered(request, entry);
    }

    public void Refused(RequestId request, OperationError error)
    {
        var entry = _entries[request];
        if (entry.Operation is { } operation)
            run.Violations.Add($"{request} was accepted as {operation} and then refused: {error}");
        entry.Refusal = error.ToString();
    }

    public void Ended(RequestId request, VolumeCommand command, OperationView operation)
    {
        var entry = _entries[request];
        if (operation.Command != command && run.Options.Mutation != Mutation.RequestIdIgnored)
            run.Violations.Add($"{request} asked for {command} and got {operation.Command}");
        Result(request, entry, operation);
    }

    private void Result(RequestId request, Entry entry, OperationView operation)
    {
        var result = $"{operation.Id} {operation.State} {operation.Result?.Id} {operation.Result?.SizeBytes} {operation.Error?.Kind} {operation.Error?.Detail} {operation.FinishedAt:O}";
        if (entry.Result is { } before && before != result)
            run.Violations.Add($"{request} had the result '{before}' and then '{result}'");
        if (operation.State == OperationState.Cancelled && !entry.CancelAsked)
            run.Violations.Add($"{request} was cancelled, and nobody had asked for that");
        if (entry.Result is null)
            run.World.Trace($"{request} ended: {result}");
        (entry.Result, entry.View) = (result, operation);
        CompareDelivered(request, entry);
    }

    private void CompareDelivered(RequestId request, Entry entry)
    {
        if (entry is { View: { } view, Delivered: { } delivered } && delivered != Summary(view.Result, view.Error))
            run.Violations.Add($"{request} ended as '{Summary(view.Result, view.Error)}', and '{delivered}' was delivered");
    }

    private sealed class Entry
    {
        public bool CancelAsked { get; set; }

        public string? Delivered { get; set; }

        public OperationId? Operation { get; set; }

        public string? Refusal { get; set; }

        public string? Result { get; set; }

        public OperationView? View { get; set; }
    }
}
