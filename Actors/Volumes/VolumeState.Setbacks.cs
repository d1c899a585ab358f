using Mooring.Messages;
using Mooring.Operations;

namespace Mooring.Actors.Volumes;

/// <content>What the store's answers mean for an operation: it ends, or it is tried again later.</content>
public sealed partial record VolumeState
{
    /// <summary>What an attempt's report means. Only the latest attempt of the active operation can end it.</summary>
    /// <param name="report">The report.</param>
    /// <param name="before">The operation's last setback, if it had one.</param>
    /// <param name="asked">Whether somebody has asked that it be cancelled.</param>
    /// <param name="backoff">How it is tried again.</param>
    /// <param name="chance">From 0 to 1, for the pause.</param>
    /// <param name="node">The node that executed it.</param>
    /// <param name="now">The time now.</param>
    /// <returns>The result, another try, or null when it is not about the latest attempt (ignore).</returns>
    public AttemptDecision? Decide(
        AttemptReport report, OperationSetback? before, bool asked, Backoff backoff, double chance, NodeName node, DateTimeOffset now)
    {
        if (Active is not { } active || active.Operation != report.Operation || active.Attempt != report.Attempt)
            return null;
        // It was only to look, and nothing was done.
        if (report is { Error.Kind: ErrorKind.Cancelled, InDoubt: false } && !asked && before is not null && backoff.IsOver(before))
            return new AttemptDecision.End(DecideEnd(active, report with { Error = Backoff.GivenUp(before) }, node, now));
        if (report.Error is not { } error || (!report.InDoubt && OperationErrors.MeaningOf(error.Kind) == ErrorMeaning.Final))
            return new AttemptDecision.End(DecideEnd(active, report, node, now));
        var setback = backoff.Next(before, error, chance, now);
        var earlier = report.EarlierFenced ? [] : active.Workers.RemoveAt(active.Workers.Count - 1);
        return new AttemptDecision.TryAgain(setback, report.InDoubt ? earlier.Add(active.Workers[^1]) : earlier);
    }

    /// <summary>What it means that there is no worker for a request that has not begun, or that the worker could not look.</summary>
    /// <param name="request">The request.</param>
    /// <param name="error">Why.</param>
    /// <param name="before">Its last setback, if it had one.</param>
    /// <param name="backoff">How it is tried again.</param>
    /// <param name="chance">From 0 to 1, for the pause.</param>
    /// <param name="node">The node that refuses.</param>
    /// <param name="now">The time now.</param>
    /// <returns>The result or another try.</returns>
    public AttemptDecision DecideUnready(
        ExecuteOperation request, OperationError error, OperationSetback? before, Backoff backoff, double chance, NodeName node, DateTimeOffset now)
    {
        if (OperationErrors.MeaningOf(error.Kind) == ErrorMeaning.Final)
            return new AttemptDecision.End(DecideRefusal(request, error, node, now));
        var setback = backoff.Next(before, error, chance, now);
        return backoff.IsOver(setback)
            ? new AttemptDecision.End(DecideRefusal(request, Backoff.GivenUp(setback), node, now))
            : new AttemptDecision.TryAgain(setback, []);
    }

    private OperationFinished DecideEnd(ActiveOperation active, AttemptReport report, NodeName node, DateTimeOffset now)
    {
        var outcome = new OperationOutcome(report.Volume, report.Error, active.Attempt, active.StartedAt, now, node);
        return new OperationFinished(active.Operation, active.Command, outcome, Leftovers: report.Leftovers || active.Command.SourceVolume is not null)
        {
            Sequence = active.Sequence,
        };
    }
}

/// <summary>What becomes of an operation after the store has answered.</summary>
public abstract record AttemptDecision
{
    /// <summary>It has its result: persist this.</summary>
    /// <param name="Finished">The result.</param>
    public sealed record End(OperationFinished Finished) : AttemptDecision;

    /// <summary>It is tried again at the setback's time.</summary>
    /// <param name="Setback">Why and when.</param>
    /// <param name="MayAct">The connections of its attempts of which something may still be on its way.</param>
    public sealed record TryAgain(OperationSetback Setback, IReadOnlyList<FenceAddress> MayAct) : AttemptDecision;
}
