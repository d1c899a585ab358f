using Mooring.Client;
using Mooring.Messages;

namespace Mooring.Cli.Interactive;

/// <summary>Which consoles there are, the best first: the named one, or those of the nodes that are up, the owner's first.</summary>
internal sealed class NodeFinder(string? node, int port, string? endpoint, TimeSpan timeout)
{
    /// <summary>What is shown to them, and how they are believed.</summary>
    public MooringClientOptions Access { get; } = node is null ? EndpointFinder.Find(endpoint) : EndpointFinder.Named(node);

    public async Task<IReadOnlyList<(string Host, int Port)>> FindAsync(CancellationToken cancel)
    {
        if (node is not null)
            return [Named(node)];
        using var client = new MooringClient(Access with { Timeout = timeout });
        try
        {
            var nodes = await client.ListNodesAsync(cancel);
            return [.. nodes.Where(n => n.State == NodeStates.Up).OrderByDescending(n => n.VipOwner).Select(n => (HostOf(n.Address), port))];
        }
        catch (MooringUnreachableException e)
        {
            throw new IOException(e.Message, e);
        }
        catch (MooringException e)
        {
            throw new IOException(e.Message, e);
        }
    }

    private (string Host, int Port) Named(string text)
    {
        var cut = text.LastIndexOf(':');
        if (cut < 0 || text.EndsWith(']') || text.IndexOf(':') != cut && text[0] != '[')
            return (text.Trim('[', ']'), port);
        return int.TryParse(text[(cut + 1)..], out var given) && given is > 0 and <= 65535
            ? (HostOf(text), given)
            : throw new UsageException($"node '{text}' is not HOST or HOST:PORT");
    }

    private static string HostOf(string address) => address[..address.LastIndexOf(':')].Trim('[', ']');
}
