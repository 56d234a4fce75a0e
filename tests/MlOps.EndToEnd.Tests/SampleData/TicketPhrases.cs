namespace MlOps.Tests.SampleData;

/// <summary>A team of the help desk: how its tickets arrive (email, portal, phone, chat) and what they say.</summary>
internal sealed record TicketTeam(string Name, double[] Channels, string[] Problems, string[] Details);

/// <summary>The sentences that simulated tickets are made of; words in braces are filled in.</summary>
internal static class TicketPhrases
{
    public static readonly TicketTeam[] Teams =
    [
        new("access", [0.2, 0.3, 0.3, 0.2],
            [
                "I cannot log in to {app}", "my password has expired and the reset link does not arrive", "my account is locked after too many attempts",
                "please give me access to the {app} folder of my team", "the two factor code is never accepted", "a new colleague needs an account for {app}",
                "my user name is not recognised when I sign in to {app}", "I need permission to approve orders in {app}", "single sign on sends me back to the login page of {app}",
                "please remove the account of a colleague who left",
            ],
            [
                "It says wrong credentials", "The new phone does not have the authenticator yet", "My manager has approved the role",
                "I tried to reset the password {n} times", "It says that I am not authorised", "The badge number is {n}",
            ]),
        new("billing", [0.5, 0.25, 0.2, 0.05],
            [
                "invoice {n} charges us twice for the same month", "the amount on invoice {n} is wrong", "we have not received the invoice for {app}",
                "please refund the payment of {n} euro", "our credit card was declined although it is valid", "the tax number on our bill is missing",
                "we cancelled {app} but still get charged", "please send the receipt of payment {n}", "the discount we agreed on is not on the bill",
                "our bank details have changed, please use the new account",
            ],
            [
                "The sum should be {n} euro", "Our accountant needs it before the end of the month", "The payment was booked on the wrong cost centre",
                "The price was different in the offer", "I attach the bank statement", "The purchase order is {n}",
            ]),
        new("hardware", [0.2, 0.3, 0.4, 0.1],
            [
                "the screen of my {device} stays black", "my {device} does not switch on any more", "the battery of my {device} lasts only {n} minutes",
                "the printer in {place} jams on every second page", "the keyboard of my {device} has dead keys", "my {device} gets very hot and loud",
                "the docking station does not charge my {device}", "the projector in {place} shows only green", "I dropped my {device} and the case is cracked",
                "the camera of my {device} is not found",
            ],
            [
                "The serial number is {n}", "The cable was replaced already", "A red light blinks {n} times", "The warranty should still hold",
                "It makes a clicking noise", "It started after I dropped it",
            ]),
        new("network", [0.15, 0.25, 0.35, 0.25],
            [
                "the wireless network in {place} drops every few minutes", "the vpn does not connect from home", "{app} is very slow from {place}",
                "I have no internet since this morning", "video calls freeze when I sit in {place}", "the vpn asks again and again and then times out",
                "my {device} gets no address on the cable in {place}", "shared drives are not reachable over the vpn", "pages load very slowly in {place}",
                "the guest network in {place} is not visible",
            ],
            [
                "The signal is weak", "A ping takes {n} milliseconds", "With the phone as hotspot it works", "The light on the socket is off",
                "Colleagues in {place} see the same", "The connection is lost every {n} minutes",
            ]),
        new("orders", [0.35, 0.5, 0.1, 0.05],
            [
                "I would like to order a new {device}", "where is the {device} that I ordered", "please order {n} licences of {app}",
                "we need {n} more chairs with a {device} for {place}", "the wrong {device} was delivered", "please cancel my order {n}",
                "the delivery to {place} is incomplete", "a new colleague needs a {device} on the first day", "please change the delivery address of order {n} to {place}",
                "can you make an offer for {n} pieces of the {device}",
            ],
            [
                "The order number is {n}", "The delivery was promised for last week", "My manager has approved the purchase", "Please ship it to {place}",
                "The supplier says that it left the warehouse", "The budget is {n} euro",
            ]),
        new("software", [0.25, 0.4, 0.15, 0.2],
            [
                "{app} crashes when I open a report", "{app} shows an error since the last update", "please install {app} on my {device}",
                "the export from {app} is empty", "{app} does not start on my {device}", "the update of {app} stops at {n} percent",
                "{app} loses my changes when I save", "the search of {app} finds nothing", "macros in {app} stopped working after the update",
                "{app} prints the wrong date on every page",
            ],
            [
                "The error code is {n}", "I restarted it {n} times", "The version is {n}", "After the update a window asks for a plug-in",
                "The log says null reference", "It worked in the old version",
            ]),
    ];

    public static readonly string[] Applications = ["the mail client", "the crm", "the time sheet", "the planning tool", "the wiki", "the shop system", "the report viewer", "the spreadsheet"];
    public static readonly string[] Devices = ["laptop", "monitor", "phone", "tablet", "headset", "workstation"];
    public static readonly string[] Places = ["room 204", "the warehouse", "the second floor", "the branch in Lyon", "the meeting room", "the canteen", "building C"];
    public static readonly string[] Numbers = ["3", "5", "12", "17", "40", "99", "120", "250", "404", "731", "1280", "4711", "20417"];
    public static readonly string[] Greetings = ["Hello", "Hi", "Good morning", "Dear support", "Hi all", "Dear colleagues"];
    public static readonly string[] Openings = ["Since yesterday", "I hope you can help:", "Again:", "Quick question:", "As discussed on the phone,", "For \"some\" reason", "Sorry to bother you,", "Urgent!"];
    public static readonly string[] Vague = ["it does not work", "I need help with my request", "the same problem as last week", "can somebody call me back", "nothing happens when I try", "something is wrong and I cannot work"];
    public static readonly string[] Circumstances =
    [
        "I already restarted my computer", "It is urgent because a customer waits", "It worked last week", "My colleague has the same problem", "I work from home today",
        "I can be reached by phone until noon", "The manual did not help", "I attach a screenshot", "Please look at it today", "This is the second ticket about it",
    ];

    public static readonly string[] Closings = ["Thanks!", "Thank you for your help.", "Best regards", "Kind regards, and thanks", "Please call me back.", "Many thanks in advance."];
}
