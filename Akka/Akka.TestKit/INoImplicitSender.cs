namespace Akka.TestKit;

/// <summary>Marks tests whose test actor is not the sender of what they tell.</summary>
public interface INoImplicitSender;
