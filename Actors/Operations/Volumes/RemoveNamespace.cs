using Mooring.Messages;
using Mooring.Storage;

namespace Mooring.Operations;

/// <summary>Removes an empty namespace.</summary>
/// <param name="Namespace">Its pool, and its name as that of an image.</param>
public sealed record RemoveNamespace(VolumeId Namespace) : VolumeCommand(Addresses.OfNamespace(Namespace));

internal sealed class RemoveNamespaceOperation : Operation<RemoveNamespace>
{
    private readonly Parameter<VolumeId> _namespace;

    public RemoveNamespaceOperation()
        : base("namespace.remove", "Remove an empty namespace.", "DELETE /v1/namespaces/{namespace}") =>
        _namespace = Volume("namespace", c => c.Namespace, help: CreateNamespaceOperation.Meaning);

    public override bool NamesImages => false;

    public override VolumeCommand Make(Given given) => new RemoveNamespace(given.Get(_namespace));

    protected override OperationError? Invalid(RemoveNamespace command) => CreateNamespaceOperation.Problem(command.Namespace);

    protected override Task<VolumeObservation> ObserveAsync(IBlockStore store, RemoveNamespace command, CancellationToken cancellationToken) =>
        CreateNamespaceOperation.ObserveAsync(store, command.Namespace, cancellationToken);

    protected override OperationError? Forbids(RemoveNamespace command, VolumeObservation seen) =>
        seen.ImageId is null ? OperationErrors.NotThere($"there is no namespace {command.Namespace}") : null;

    protected override async Task<AttemptResult> RunAsync(AttemptContext context, RemoveNamespace command)
    {
        var (pool, name) = (command.Namespace.Pool, command.Namespace.Image);
        if (context.InDoubt)
        {
            await context.FenceEarlierAsync();
            if (!await context.Store.HasNamespaceAsync(pool, name, context.Cancellation))
                return new AttemptResult(null);
        }
        await OwnRemains.PutOffAsync(command.Namespace, () => context.Store.RemoveNamespaceAsync(pool, name, context.Cancellation));
        context.Pass(CrashPoint.AfterEffect);
        return new AttemptResult(null);
    }
}
