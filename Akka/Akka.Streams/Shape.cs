namespace Akka.Streams;

/// <summary>Which sides of a graph are open. Shapes tell the compiler what fits together; there are no values of them.</summary>
public abstract class Shape
{
    private protected Shape()
    {
    }
}

/// <summary>One open output.</summary>
public sealed class SourceShape<TOut> : Shape
{
    private SourceShape()
    {
    }
}

/// <summary>One open input.</summary>
public sealed class SinkShape<TIn> : Shape
{
    private SinkShape()
    {
    }
}

/// <summary>One open input and one open output.</summary>
public sealed class FlowShape<TIn, TOut> : Shape
{
    private FlowShape()
    {
    }
}

/// <summary>Nothing is open: such a graph can be run.</summary>
public sealed class ClosedShape : Shape
{
    private ClosedShape()
    {
    }
}
