package posthorn.payment;

public record PaymentCompleted(String paymentId, String product, int quantity, int amount) {}
