using System.Net;
using Mooring.Messages;
using Mooring.Messages.Http;
using Mooring.Operations;
using Mooring.Storage;
using Mooring.StorageNode.Http.Access;
using Mooring.StorageNode.Http.Audit;
using Mooring.StorageNode.Tls;
using Petabridge.Cmd.Host;

namespace Mooring.StorageNode.Consoles;

/// <summary>
/// Consoles are asked for what HTTP is: TLS where there are certificates, a token where one is asked for, and what they do is entered in the audit log where one
/// is kept. A console can do everything that there is on a node, so an admin's token without scopes is needed.
/// </summary>
internal sealed class ConsoleGate(NodeName node, NodeTls? tls, Doorkeeper? doorkeeper, AuditLog? audit) : IConsoleGate
{
    // What the audit log calls a request that came from a console.
    private const string Method = "CONSOLE";

    /// <inheritdoc/>
    public Task<Stream> SecureAsync(Stream stream, CancellationToken cancellationToken) =>
        tls is null ? Task.FromResult(stream) : tls.AcceptAsync(stream, cancellationToken);

    /// <inheritdoc/>
    public async Task<IConsoleGuest> AdmitAsync(string? token, IPAddress from, CancellationToken cancellationToken)
    {
        await WhoAsync(token, from, cancellationToken);
        return new Guest(this, token, from);
    }

    // Null where no token is asked for.
    private async Task<string?> WhoAsync(string? token, IPAddress from, CancellationToken cancellationToken)
    {
        if (doorkeeper is null)
            return null;
        if (token is null)
            throw new UnauthorizedAccessException("a token is needed (MOORING_TOKEN)");
        ClientToken shown;
        try
        {
            shown = await doorkeeper.WhoAsync(token, from, cancellationToken);
        }
        catch (BlockStoreException e)
        {
            throw new UnauthorizedAccessException(e.Message, e);
        }
        return shown is { Role: ClientRole.Admin, Scopes.Count: 0 }
            ? shown.Name
            : throw new UnauthorizedAccessException(
                $"a console needs an admin's token; '{shown.Name}' has the role {shown.Role.ToString().ToLowerInvariant()}");
    }

    private async Task<Action<string?>> BeginAsync(string? token, IPAddress from, string command)
    {
        // A token may have been revoked since.
        var who = await WhoAsync(token, from, CancellationToken.None);
        if (audit is null)
            return _ => { };
        var entry = new AuditEntryShape(
            DateTimeOffset.UtcNow, node.Value, AuditLog.Received, Guid.CreateVersion7().ToString("N"), who, $"{from}", Method, command);
        try
        {
            await audit.WriteAsync(entry);
        }
        catch (BlockStoreException e)
        {
            throw new UnauthorizedAccessException(e.Message, e);
        }
        return problem => _ = audit.CompleteAsync(entry with { Result = problem });
    }

    private sealed class Guest(ConsoleGate gate, string? token, IPAddress from) : IConsoleGuest
    {
        public Task<Action<string?>> BeginAsync(string command) => gate.BeginAsync(token, from, command);
    }
}
