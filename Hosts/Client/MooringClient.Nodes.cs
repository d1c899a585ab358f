using System.Net.Http.Json;
using Mooring.Messages;
using Mooring.Messages.Http;

namespace Mooring.Client;

public sealed partial class MooringClient
{
    private static readonly TimeSpan LookInterval = TimeSpan.FromMilliseconds(200);

    /// <summary>All nodes.</summary>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The nodes.</returns>
    /// <exception cref="MooringUnreachableException">No answer within the time limit.</exception>
    public async Task<IReadOnlyList<NodeShape>> ListNodesAsync(CancellationToken cancellationToken = default) =>
        (await GetAsync("v1/nodes", HttpJson.Default.NodePage, cancellationToken)).Items;

    /// <summary>
    /// Has a node carry nothing any more: its volumes, files and the virtual IP go to other nodes, and it stays out of the cluster, over restarts, until it is
    /// resumed. Safe to ask again.
    /// </summary>
    /// <param name="node">Its name.</param>
    /// <param name="wait">Whether to wait until it carries nothing.</param>
    /// <param name="cancellationToken">Gives up waiting; it is drained all the same.</param>
    /// <returns>The node, <c>drained</c> when that was waited for.</returns>
    /// <exception cref="MooringException">There is no such node, or no other one could serve.</exception>
    /// <exception cref="MooringUnreachableException">No answer, or it was not drained, within the time limit.</exception>
    public Task<NodeShape> DrainNodeAsync(string node, bool wait = true, CancellationToken cancellationToken = default) => OrderAsync(node, "drain", NodeStates.Drained, wait, cancellationToken);

    /// <summary>Lets a node that was drained join the cluster again. Safe to ask again.</summary>
    /// <param name="node">Its name.</param>
    /// <param name="wait">Whether to wait until it is in it.</param>
    /// <param name="cancellationToken">Gives up waiting; it is let in all the same.</param>
    /// <returns>The node, <c>up</c> when that was waited for.</returns>
    /// <exception cref="MooringException">There is no such node.</exception>
    /// <exception cref="MooringUnreachableException">No answer, or it was not there, within the time limit.</exception>
    public Task<NodeShape> ResumeNodeAsync(string node, bool wait = true, CancellationToken cancellationToken = default) => OrderAsync(node, "resume", NodeStates.Up, wait, cancellationToken);

    /// <summary>The virtual IP and its owners.</summary>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The virtual IP.</returns>
    /// <exception cref="MooringUnreachableException">No answer within the time limit.</exception>
    public Task<VipShape> GetVipAsync(CancellationToken cancellationToken = default) => GetAsync("v1/vip", HttpJson.Default.VipShape, cancellationToken);

    /// <summary>
    /// Moves the virtual IP to another node. Nodes that have been in the cluster for longer than that one leave it and come back, one after the other, its
    /// owner last.
    /// </summary>
    /// <param name="to">The node; null for the one that has been in the cluster the longest, but for the owner.</param>
    /// <param name="wait">Whether to wait until the node owns it.</param>
    /// <param name="cancellationToken">Gives up waiting; it moves all the same.</param>
    /// <returns>Where it goes, and is when that was waited for.</returns>
    /// <exception cref="MooringException">There is no such node, or it cannot own the address, or the address is being moved.</exception>
    /// <exception cref="MooringUnreachableException">No answer, or it was not there, within the time limit.</exception>
    public async Task<string> MoveVipAsync(string? to = null, bool wait = true, CancellationToken cancellationToken = default)
    {
        var deadline = Deadline.In(_options.Timeout);
        var body = new VipMoveBody((await GetVipAsync(cancellationToken)).Owner, to);
        var moving = await RetryAsync(
            () => new HttpRequestMessage(HttpMethod.Post, "v1/vip/move") { Content = JsonContent.Create(body, HttpJson.Default.VipMoveBody) },
            HttpJson.Default.VipMoveShape, TimeSpan.Zero, deadline, null, cancellationToken);
        for (string? owner = null; wait && owner != moving.To; await Task.Delay(LookInterval, cancellationToken))
        {
            owner = (await GetVipAsync(cancellationToken)).Owner;
            if (owner != moving.To && deadline.IsOver)
                throw new MooringUnreachableException($"the virtual IP was not on {moving.To} within {_options.Timeout.TotalSeconds:0.#} s: {owner ?? "no node"} owns it", null, null);
        }
        return moving.To;
    }

    private async Task<NodeShape> OrderAsync(string node, string order, string state, bool wait, CancellationToken cancellationToken)
    {
        var deadline = Deadline.In(_options.Timeout);
        var shape = await AskAsync(HttpMethod.Post, $"v1/nodes/{Uri.EscapeDataString(node)}/{order}", HttpJson.Default.NodeShape, cancellationToken);
        for (; wait && shape?.State != state; await Task.Delay(LookInterval, cancellationToken))
        {
            shape = (await ListNodesAsync(cancellationToken)).FirstOrDefault(n => n.Name == node);
            if (shape?.State != state && deadline.IsOver)
                throw new MooringUnreachableException($"{node} was not {state} within {_options.Timeout.TotalSeconds:0.#} s: it is {shape?.State ?? "not there"}", null, null);
        }
        return shape!;
    }
}
