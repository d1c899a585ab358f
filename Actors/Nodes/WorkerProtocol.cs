using Akka.Actor;
using Mooring.Actors.Volumes;
using Mooring.Messages;
using Mooring.Operations;

namespace Mooring.Actors.Nodes;

/// <summary>Asks the node's dispatcher for a free worker; answered with <see cref="WorkerReady"/> or <see cref="WorkerRefused"/>.</summary>
/// <param name="Operation">The operation that needs it.</param>
/// <param name="Observe">The command whose volumes the worker looks at first; null when that is not needed.</param>
public sealed record RequestWorker(OperationId Operation, VolumeCommand? Observe);

/// <summary>A worker is reserved for the asker until it gets <see cref="RunAttempt"/>, <see cref="RunCleanUp"/> or
/// <see cref="ReturnWorker"/>.</summary>
/// <param name="Operation">The operation.</param>
/// <param name="Worker">The worker.</param>
/// <param name="Address">Its connection.</param>
/// <param name="Seen">What it saw, if it was to look.</param>
public sealed record WorkerReady(OperationId Operation, IActorRef Worker, FenceAddress Address, VolumeObservation? Seen);

/// <summary>There is no worker, or it could not look. Nothing is reserved.</summary>
/// <param name="Operation">The operation.</param>
/// <param name="Error">Why.</param>
public sealed record WorkerRefused(OperationId Operation, OperationError Error);

/// <summary>Carries out one attempt; answered with <see cref="AttemptProgressed"/> any number of times, then
/// <see cref="AttemptReport"/>.</summary>
/// <param name="Active">The operation, whose intent for this attempt is in the journal.</param>
/// <param name="OnlyLook">Whether it ends as cancelled once it has seen that no earlier attempt took effect.</param>
public sealed record RunAttempt(ActiveOperation Active, bool OnlyLook = false);

/// <summary>Asks the worker that runs an operation's attempt to end it at its next step, if its kind can be stopped.</summary>
/// <param name="Operation">The operation.</param>
public sealed record CancelAttempt(OperationId Operation) : INoSerializationVerificationNeeded;

/// <summary>Removes what attempts left; answered with <see cref="CleanUpEnded"/>.</summary>
/// <param name="Remains">The operation, which has its result.</param>
public sealed record RunCleanUp(ActiveOperation Remains);

/// <summary>The worker failed at its work and has started anew: what became of it is unknown.</summary>
/// <param name="Operation">The operation that it was reserved for.</param>
public sealed record WorkerLost(OperationId Operation) : INoSerializationVerificationNeeded;

/// <summary>The worker is not needed.</summary>
/// <param name="Operation">The operation that it was reserved for.</param>
public sealed record ReturnWorker(OperationId Operation);

/// <summary>How far an attempt is.</summary>
/// <param name="Operation">The operation.</param>
/// <param name="Attempt">Which attempt.</param>
/// <param name="Progress">The share that is done, 0 to 1.</param>
public sealed record AttemptProgressed(OperationId Operation, int Attempt, double Progress);

/// <summary>The end of a clean-up.</summary>
/// <param name="Operation">The operation.</param>
/// <param name="Error">Why not everything was removed; null when nothing is left.</param>
public sealed record CleanUpEnded(OperationId Operation, OperationError? Error);
